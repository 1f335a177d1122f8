// SPDX-License-Identifier: GPL-2.0

//! The answers that a build script passes to cargo.

mod fixture;

use compat_probe::cargo::instructions;
use fixture::Fixture;

#[test]
fn a_build_script_passes_on_the_answers_of_the_last_run() {
    let fixture = Fixture::new();
    fixture.expect_answers();
    let lines = instructions(&fixture.dir.join("gen")).unwrap();
    assert_eq!(
        lines[0],
        format!(
            "cargo::rerun-if-changed={}/gen/compat.cfg",
            fixture.dir.display()
        )
    );
    assert_eq!(lines[1], "cargo::rustc-cfg=mkdir=\"takes_one\"");
    // Old compilers do not know these.
    for line in &lines[2..] {
        assert!(
            [
                "cargo::rustc-check-cfg=cfg(any())",
                "cargo::rustc-check-cfg=cfg(mkdir, values(\"takes_one\", \"takes_two\"))"
            ]
            .contains(&line.as_str()),
            "{line}"
        );
    }
}

#[test]
fn without_answers_the_message_says_to_run_make() {
    let fixture = Fixture::new();
    let message = instructions(&fixture.dir.join("gen")).unwrap_err();
    assert_eq!(
        message,
        format!("compat-probe: there are no answers in {}/gen/compat.cfg (No such file or directory (os error 2)): run `make` first, which makes them.", fixture.dir.display())
    );
}

#[test]
fn other_flags_are_not_passed_on() {
    let fixture = Fixture::new();
    fixture.write(
        "gen/compat.cfg",
        "--cfg=mkdir=\"takes_one\"\n-Copt-level=3\n",
    );
    let message = instructions(&fixture.dir.join("gen")).unwrap_err();
    assert!(
        message.contains("holds `-Copt-level=3`, which is not an answer"),
        "{message}"
    );
}
