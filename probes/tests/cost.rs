// SPDX-License-Identifier: GPL-2.0

//! The cost of a run: how often the compiler is started. Its time depends on the machine.

mod fixture;

use fixture::{Fixture, ONE, TWO};

#[test]
fn forty_nine_answers_take_two_passes() {
    let mut fixture = Fixture::new();
    for number in 0..23 {
        fixture.question(
            &format!("question_{number}"),
            &[("takes_one", ONE), ("takes_two", TWO)],
        );
    }
    fixture.question("last", &[("takes_one", ONE)]);
    fixture.count_compilations();
    let result = fixture.ask();
    assert_eq!(result.status, Some(0), "{}", result.err);
    assert_eq!(fixture.compilations(), 4, "two controls and two passes");
    assert!(
        result
            .out
            .starts_with("  PROBE   25 questions, 49 answers, 1 negative control in 2 passes: "),
        "{}",
        result.out
    );
}

/// A question of which one answer fits, and one compiles and does not fit.
fn with_an_answer_that_is_not_exported() -> Fixture {
    let fixture = Fixture::new();
    fixture.question(
        "mkdir",
        &[
            ("takes_one", ONE),
            ("takes_hidden", &ONE.replace("vfs_mkdir", "vfs_hidden")),
        ],
    );
    fixture
}

#[test]
fn answers_that_compile_and_do_not_fit_take_no_further_pass() {
    let mut fixture = with_an_answer_that_is_not_exported();
    fixture.count_compilations();
    fixture.expect_answers();
    assert_eq!(
        fixture.compilations(),
        4,
        "two controls, one pass and the chosen answers"
    );
    assert!(fixture.read("gen/compat.log").contains("\n== chosen\n"));
}

#[test]
fn sets_are_compiled_in_the_second_pass() {
    let mut fixture = with_an_answer_that_is_not_exported();
    fixture.write(
        "compat/shims/together/one.rs",
        "//! It is one.\nuse super::super::shims::mkdir::{Answer, Mkdir};\n\
         pub(crate) unsafe fn call() { unsafe { <Answer as Mkdir>::call(1); } }\n",
    );
    fixture.count_compilations();
    fixture.expect_answers();
    assert_eq!(fixture.compilations(), 4, "two controls and two passes");
}

#[test]
fn an_error_that_only_the_second_pass_finds_takes_further_passes() {
    let mut fixture = with_an_answer_that_is_not_exported();
    // The compiler looks at borrows only when everything has its type.
    let borrows = ONE.to_string()
        + "pub(crate) fn wrong() -> u32 { let mut a = 1; let b = &mut a; a += 1; *b + a }\n";
    fixture.question("mkdir", &[("takes_one", &borrows), ("takes_two", TWO)]);
    fixture.question("rmdir", &[("takes_one", ONE), ("takes_borrow", &borrows)]);
    fixture.count_compilations();
    let result = fixture.ask();
    assert_eq!(result.status, Some(1), "{}", result.out);
    let known = "no answer fits the question `mkdir`";
    assert!(result.err.contains(known), "{}", result.err);
    // The other question still has its answer.
    assert!(!result.err.contains("`rmdir`"), "{}", result.err);
    fixture.expect_no_answers();
}

#[test]
fn a_compiler_that_make_has_tried_is_not_tried_again() {
    let mut fixture = Fixture::new();
    fixture.count_compilations();
    let controls = |fixture: &Fixture| {
        // The crates of the driver do not exist yet.
        let arguments = [
            "controls",
            "--out",
            "gen",
            "--rustc",
            &fixture.rustc,
            "--",
            "--edition=2021",
        ];
        let status = fixture.command(&arguments).status();
        assert!(status.unwrap().success());
    };
    controls(&fixture);
    assert_eq!(fixture.compilations(), 2);
    fixture.expect_answers();
    assert_eq!(
        fixture.compilations(),
        3,
        "the crates are loaded, and two passes"
    );
    // With other flags it is another compiler.
    fixture.flags.push("--cfg=x".to_string());
    fixture.expect_answers();
    assert_eq!(fixture.compilations(), 4, "two controls and two passes");
}
