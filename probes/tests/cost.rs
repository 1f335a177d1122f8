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

#[test]
fn answers_that_compile_and_do_not_fit_take_one_more_pass() {
    let mut fixture = Fixture::new();
    fixture.question(
        "mkdir",
        &[
            ("takes_one", ONE),
            ("takes_hidden", &ONE.replace("vfs_mkdir", "vfs_hidden")),
        ],
    );
    fixture.count_compilations();
    fixture.expect_answers();
    assert_eq!(
        fixture.compilations(),
        5,
        "two controls, two passes and the chosen answers"
    );
    assert!(fixture.read("gen/compat.log").contains("\n== chosen\n"));
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
