// SPDX-License-Identifier: GPL-2.0

//! `compat-probe explain`, and answers that are taken whether they fit or not.

mod fixture;

use fixture::{CommandResult, Fixture, ONE, TWO};

fn explain(fixture: &Fixture, question: &str) -> CommandResult {
    let mut command = fixture.command(&["explain", question, "--out", "gen"]);
    command.output().unwrap().into()
}

/// The explanation of the question `mkdir`.
fn explained(fixture: &Fixture) -> String {
    let result = explain(fixture, "mkdir");
    assert_eq!((result.status, result.err.as_str()), (Some(0), ""));
    result.out
}

#[test]
fn a_question_with_an_answer_is_explained() {
    let fixture = Fixture::new();
    fixture.expect_answers();
    let text = explained(&fixture);
    assert!(
        text.starts_with(
            "mkdir: What does `mkdir` take?\n    It changed.\n\nThis kernel: takes_one\n\n    \
             takes_one (compat/shims/mkdir/takes_one.rs)\n        The call takes one argument.\n        => fits\n"
        ),
        "{text}"
    );
    assert!(text.contains("        => fits\n\n    takes_two"), "{text}");
    assert!(
        text.contains("        => the compiler rejects it:\n        error[E0061]: this function takes 1 argument"),
        "{text}"
    );
    assert!(!text.contains("The kernel's form"), "{text}");
}

#[test]
fn without_an_answer_the_kernels_form_is_shown() {
    let fixture = Fixture::new();
    let slot = "//! The slot has two arguments.\npub(crate) struct Answer;\n\
        impl super::Mkdir for Answer { unsafe fn call(_: u32) -> i32 { 0 } }\n\
        unsafe extern \"C\" fn mkdir(_: u32, _: u32) -> i32 { 0 }\n\
        static TABLE: bindings::inode_operations = bindings::inode_operations { mkdir: Some(mkdir) };\n";
    fixture.question("mkdir", &[("takes_two", TWO), ("slot", slot)]);
    assert_eq!(fixture.ask().status, Some(1));
    let text = explained(&fixture);
    assert!(text.contains("\nThis kernel: no answer fits\n"), "{text}");
    assert!(
        text.ends_with(
            "\nThe kernel's form, as its bindings have it:\n    pub struct inode_operations {\n        \
             pub mkdir: Option<unsafe extern \"C\" fn(dir: u32) -> i32>,\n    }\n    \
             pub fn vfs_mkdir(dir: u32) -> i32;\n\n\
             To add it: write compat/shims/mkdir/FORM.rs, named after what it does, beside the answers above, and list \
             it in compat/shims/mkdir.rs as \"FORM\" => FORM.\n"
        ),
        "{text}"
    );
}

#[test]
fn what_cannot_be_explained_is_said() {
    let mut fixture = Fixture::new();
    let expect = |fixture: &Fixture, question: &str, message: &str| {
        let result = explain(fixture, question);
        assert_eq!((result.status, result.out.as_str()), (Some(1), ""));
        assert_eq!(result.err, format!("compat-probe: {message}\n"));
    };
    expect(
        &fixture,
        "mkdir",
        "there is no report in gen (No such file or directory (os error 2)): run `make probe` first.",
    );
    fixture.expect_answers();
    expect(
        &fixture,
        "rmdir",
        "there is no question `rmdir`; there are mkdir.",
    );
    fixture.rustc = "no-such-rustc".to_string();
    fixture.expect_error("NotStarted");
    let text = explained(&fixture);
    assert!(
        text.contains("It was not asked, because the run ended with an error:\n    error: the compiler no-such-rustc"),
        "{text}"
    );
}

#[test]
fn a_forced_answer_is_taken_and_marked() {
    let mut fixture = Fixture::new();
    fixture.question(
        "mkdir",
        &[
            ("takes_one", ONE),
            (
                "without",
                &format!(
                    "//! Without.\n//! Only without: bindings::vfs_mkdir\n{}",
                    ONE.replace("bindings::vfs_mkdir(dir)", "dir as i32")
                ),
            ),
            ("takes_two", TWO),
        ],
    );
    fixture.expect_answers();
    assert_eq!(fixture.read("gen/compat.line"), "mkdir=takes_one");
    fixture.options.push("--force=mkdir=without".to_string());
    fixture.expect_answers();
    assert_eq!(fixture.read("gen/compat.line"), "mkdir=without(forced)");
    assert!(fixture
        .read("gen/compat.cfg")
        .starts_with("--cfg=mkdir=\"without\"\n"));
    assert!(fixture
        .read("gen/compat_info.c")
        .contains("\"mkdir=without(forced)\""));
    assert!(fixture
        .read("gen/compat.txt")
        .contains("    without(forced)"));
    assert!(explained(&fixture).contains("\nThis kernel: without (forced)\n"));
    // An answer that fits needs no mark.
    fixture.options.pop();
    fixture.options.push("--force=mkdir=takes_one".to_string());
    fixture.expect_answers();
    assert_eq!(fixture.read("gen/compat.line"), "mkdir=takes_one");
}

#[test]
fn a_forced_answer_decides_between_two_that_fit() {
    let mut fixture = Fixture::new();
    fixture.question("mkdir", &[("takes_one", ONE), ("takes_u32", ONE)]);
    fixture.options.push("--force=mkdir=takes_u32".to_string());
    fixture.expect_answers();
    assert_eq!(fixture.read("gen/compat.line"), "mkdir=takes_u32(forced)");
}

#[test]
fn an_answer_among_the_flags_is_refused() {
    for flags in [
        &["--cfg=mkdir=\"takes_one\""][..],
        &["--cfg", "mkdir = \"takes_two\""],
        &["--cfg=mkdir"],
    ] {
        let mut fixture = Fixture::new();
        let other = "--cfg=mkdirs=\"takes_one\"".to_string();
        fixture.flags.push(other);
        fixture.expect_answers();
        fixture.flags.extend(flags.iter().map(|it| it.to_string()));
        fixture.expect_error("AnswerAmongFlags");
    }
}

#[test]
fn an_answer_that_cannot_be_built_is_not_taken() {
    for (forced, kind) in [
        ("mkdir=takes_two", "ForcedUnusable"),
        ("mkdir=takes_six", "UnknownForced"),
        ("rmdir=takes_one", "UnknownForced"),
    ] {
        let mut fixture = Fixture::new();
        fixture.options.push(format!("--force={forced}"));
        fixture.expect_error(kind);
    }
}
