// SPDX-License-Identifier: GPL-2.0

//! `compat-probe controls`, which runs before anything is built with the compiler.

mod fixture;

use fixture::{CommandResult, Fixture};

fn controls(fixture: &Fixture) -> CommandResult {
    let arguments = ["controls", "--out", "gen", "--rustc", &fixture.rustc, "--"];
    let mut command = fixture.command(&arguments);
    command.args(&fixture.flags).output().unwrap().into()
}

/// Expects an error of this kind, with `detail` in the message.
fn expect_error(fixture: &Fixture, kind: &str, detail: &str) {
    let result = controls(fixture);
    assert_eq!((result.status, result.out.as_str()), (Some(1), ""));
    fixture.expect_kind(kind, &result);
    assert!(result.err.contains(detail), "{}", result.err);
    fixture.expect_no_answers();
}

#[test]
fn a_sound_compiler_is_started_twice_and_reported_in_one_line() {
    let fixture = Fixture::new();
    let result = controls(&fixture);
    assert_eq!(
        (result.status, result.out.as_str(), result.err.as_str()),
        (
            Some(0),
            "  CONTROL an empty unit compiles, a wrong one is rejected\n",
            ""
        )
    );
    let log = fixture.read("gen/compat.log");
    assert_eq!(log.matches("\n== ").count(), 2, "{log}");
}

#[test]
fn no_bindings_are_needed() {
    let mut fixture = Fixture::new();
    fixture.flags.retain(|flag| !flag.starts_with("bindings"));
    fixture.flags.retain(|flag| flag != "--extern");
    std::fs::remove_file(fixture.dir.join("gen/bindings.rs")).unwrap();
    assert_eq!(controls(&fixture).status, Some(0));
}

#[test]
fn a_faulty_compiler_is_an_error_and_removes_earlier_answers() {
    let compilers = [
        ("exit 0", "WrongUnitAccepted", "./compiler accepts a unit"),
        (
            "exit 3",
            "EmptyUnitRejected",
            "but the compiler ended with exit status: 3",
        ),
        (
            "kill -SEGV $$",
            "EmptyUnitRejected",
            "but the compiler ended with signal: 11 (SIGSEGV)",
        ),
        (
            "$RUSTC \"$@\"; exit 0",
            "ErrorsWithSuccess",
            "rustc: error[E0308]",
        ),
    ];
    for (script, kind, detail) in compilers {
        let mut fixture = Fixture::new();
        fixture.expect_answers();
        fixture.compiler(&format!("[ \"$1\" = -vV ] && exec $RUSTC -vV; {script}"));
        expect_error(&fixture, kind, detail);
    }
}

#[test]
fn a_missing_compiler_is_an_error() {
    let mut fixture = Fixture::new();
    fixture.expect_answers();
    fixture.rustc = "no-such-rustc".to_string();
    expect_error(&fixture, "NotStarted", "no-such-rustc");
}
