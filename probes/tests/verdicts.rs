// SPDX-License-Identifier: GPL-2.0

//! The verdict on a question, and the generated files.

mod fixture;

use fixture::{expect_success, Fixture, BINDINGS, ONE, TWO};

#[test]
fn the_one_answer_that_fits_is_chosen() {
    let fixture = Fixture::new();
    fixture.expect_answers();
    let arguments = fixture.read("gen/compat.cfg");
    assert_eq!(arguments.lines().next(), Some("--cfg=mkdir=\"takes_one\""));
    assert_eq!(fixture.read("gen/compat.line"), "mkdir=takes_one");
    assert!(fixture
        .read("gen/compat_info.c")
        .contains("MODULE_INFO(compat, \"mkdir=takes_one\");"));
}

#[test]
fn rustc_accepts_the_answers_as_arguments() {
    let fixture = Fixture::new();
    fixture.expect_answers();
    fixture.write(
        "driver.rs",
        "mod compat { pub(crate) mod raw; pub(crate) mod shims; }\n\
         pub fn mkdir() -> i32 { use compat::shims::mkdir::{Answer, Mkdir}; compat::raw::zero() + unsafe { Answer::call(1) } }\n\
         #[cfg(CONFIG_UNHEARD_OF)] compile_error!(\"set\");\n",
    );
    let built = std::process::Command::new(&fixture.rustc)
        .args([
            "--crate-type=rlib",
            "--emit=metadata",
            "-Dwarnings",
            "@gen/compat.cfg",
            "driver.rs",
        ])
        .args(&fixture.flags)
        .current_dir(&fixture.dir)
        .output()
        .unwrap();
    expect_success(&built);
}

#[test]
fn the_table_has_each_question_and_the_meaning_of_its_answer() {
    let fixture = Fixture::new();
    fixture.expect_answers();
    let result: fixture::CommandResult = fixture
        .command(&["table", "--out", "gen"])
        .output()
        .unwrap()
        .into();
    assert!(
        result.out.starts_with(
            "QUESTION       WHAT IS ASKED\n    ANSWER         WHAT IT MEANS\n\
             mkdir          What does `mkdir` take?\n    takes_one      The call takes one argument.\n"
        ),
        "{}",
        result.out
    );
    assert!(
        result
            .out
            .contains("\n1 question, 2 answers, 1 negative control in 2 passes: "),
        "{}",
        result.out
    );
    assert!(
        result
            .out
            .ends_with("\nExported to GPL modules only: vfs_mkdir\n"),
        "{}",
        result.out
    );
}

#[test]
fn without_a_run_there_is_no_table() {
    let fixture = Fixture::new();
    let result: fixture::CommandResult = fixture
        .command(&["table", "--out", "gen"])
        .output()
        .unwrap()
        .into();
    assert_eq!(result.status, Some(1));
    assert_eq!(
        result.err,
        "compat-probe: there is no table of answers in gen (No such file or directory (os error 2)): run `make` first.\n"
    );
}

#[test]
fn if_no_answer_fits_each_is_reported_with_its_reason() {
    let fixture = Fixture::new();
    fixture.question(
        "mkdir",
        &[
            ("takes_two", TWO),
            ("takes_four", &TWO.replace("dir, 0", "dir, 0, 0, 0")),
        ],
    );
    fixture.expect_message(
        "compat-probe: no answer fits the question `mkdir`: the kernel has a form that compat/shims/mkdir.rs does not know.\n\
         \x20   takes_two: error[E0061]: this function takes 1 argument but 2 arguments were supplied (compat/shims/mkdir/takes_two.rs:4:48)\n\
         \x20   takes_four: error[E0061]: this function takes 1 argument but 4 arguments were supplied (compat/shims/mkdir/takes_four.rs:4:48)\n\
         \x20   log:  gen/compat.log\n\
         \x20   next: Write the kernel's form as a new answer file in compat/shims/mkdir/, correct the answer that is meant for it, or report it together with the log.",
    );
    assert!(fixture
        .read("gen/compat.json")
        .contains("\"verdict\": \"no answer fits\""));
    assert!(fixture
        .read("gen/compat.txt")
        .contains("mkdir                 What does `mkdir` take?\n    (no answer fits)\n"));
    assert!(
        fixture
            .read("gen/compat.log")
            .contains("takes_four.rs:4:48\n"),
        "the compiler's whole message"
    );
}

#[test]
fn if_two_answers_fit_none_is_chosen() {
    let fixture = Fixture::new();
    fixture.question(
        "mkdir",
        &[("takes_one", ONE), ("takes_u32", ONE), ("takes_two", TWO)],
    );
    fixture.expect_message(
        "compat-probe: two answers fit the question `mkdir`, so compat-probe cannot decide which one is right for this kernel.\n\
         \x20   takes_one: fits\n\
         \x20   takes_u32: fits\n\
         \x20   takes_two: error[E0061]: this function takes 1 argument but 2 arguments were supplied (compat/shims/mkdir/takes_two.rs:4:48)\n\
         \x20   log:  gen/compat.log\n\
         \x20   next: Make the answers in compat/shims/mkdir/ exclude each other: use in each what only its kernels have, or add `//! Only without: bindings::name` to the one for kernels without it.",
    );
}

#[test]
fn every_question_without_an_answer_is_reported() {
    let fixture = Fixture::new();
    fixture.question("rmdir", &[("takes_two", TWO)]);
    fixture.question("rename", &[("takes_one", ONE), ("takes_u32", ONE)]);
    let result = fixture.ask();
    assert_eq!(result.status, Some(1));
    assert!(
        result.err.contains("no answer fits the question `rmdir`"),
        "{}",
        result.err
    );
    assert!(
        result.err.contains("two answers fit the question `rename`"),
        "{}",
        result.err
    );
    assert!(!result.err.contains("question `mkdir`"), "{}", result.err);
    fixture.expect_no_answers();
}

#[test]
fn an_answer_for_kernels_without_something_fits_only_there() {
    let answer = |line: &str| {
        format!(
            "//! Without it.\n//! {line}\n{}",
            ONE.replace("bindings::vfs_mkdir(dir)", "dir as i32")
        )
    };
    for (line, present) in [
        ("Only without: bindings::vfs_mkdir", true),
        ("Only without: bindings::inode_operations.mkdir", true),
        ("Only without: bindings::dentry", true),
        ("Only without: bindings::vfs_mkdirat", false),
        ("Only without: bindings::inode_operations.mkdirat", false),
        (
            "Only without: bindings::inode_operations_of_old.mkdir",
            false,
        ),
        ("Only without: bindings::old::mkdir", false),
        (
            "Only without: bindings::vfs_mkdirat, bindings::vfs_mkdir",
            true,
        ),
    ] {
        let fixture = Fixture::new();
        fixture.question("mkdir", &[("without", &answer(line)), ("takes_two", TWO)]);
        let result = fixture.ask();
        assert_eq!(
            result.status,
            Some(i32::from(present)),
            "{line}: {}",
            result.err
        );
        assert_eq!(
            result
                .err
                .contains("`, and this answer is for kernels without it"),
            present,
            "{}",
            result.err
        );
    }
}

#[test]
fn lints_are_off() {
    let mut fixture = Fixture::new();
    fixture
        .flags
        .extend(["-Dwarnings", "-Fnon_ascii_idents"].map(str::to_string));
    fixture.write(
        "compat/shims/mkdir/takes_one.rs",
        &format!("{ONE}fn unuséd() {{ let x = 1; }}\n"),
    );
    fixture.expect_answers();
}

#[test]
fn errors_are_attributed_although_the_flags_map_paths() {
    let mut fixture = Fixture::new();
    fixture
        .flags
        .push(format!("--remap-path-prefix={}/=", fixture.dir.display()));
    fixture.expect_answers();
}

#[test]
fn an_error_in_a_macro_is_attributed_to_the_answer_that_calls_it() {
    let fixture = Fixture::new();
    fixture.append("compat/raw.rs", "macro_rules! call { ($($a:tt)*) => { unsafe { bindings::vfs_mkdir($($a)*, 1) } } }\npub(crate) use call;\n");
    let answer = TWO.replace(
        "unsafe { bindings::vfs_mkdir(dir, 0) }",
        "crate::compat::raw::call!(dir)",
    );
    fixture.question("mkdir", &[("takes_one", ONE), ("takes_two", &answer)]);
    fixture.expect_answers();
}

#[test]
fn an_answer_may_have_modules_of_its_own() {
    let fixture = Fixture::new();
    fixture.write(
        "compat/shims/mkdir/takes_two.rs",
        &format!(
            "{}mod call;\n",
            TWO.replace("bindings::vfs_mkdir(dir, 0)", "call::call(dir)")
        ),
    );
    fixture.write(
        "compat/shims/mkdir/takes_two/call.rs",
        "pub unsafe fn call(dir: u32) -> i32 { unsafe { bindings::vfs_mkdir(dir, 0) } }\n",
    );
    fixture.expect_answers();
}

#[test]
fn the_directory_of_the_driver_may_have_any_name() {
    let fixture = Fixture::new();
    std::fs::rename(fixture.dir.join("compat"), fixture.dir.join("1-driver")).unwrap();
    let asked = fixture.ask_in("1-driver");
    assert_eq!(asked.status, Some(0), "{}", asked.err);
    assert_eq!(fixture.read("gen/compat.line"), "mkdir=takes_one");
}

#[test]
fn a_structure_with_a_member_that_the_answer_does_not_know_is_named() {
    let answer =
        |known: &str| format!("//! One.\n//! Only members of bindings::dentry: {known}\n{ONE}");
    let fixture = Fixture::new();
    fixture.question(
        "mkdir",
        &[
            ("takes_one", &answer("d_name, d_flags")),
            ("takes_two", TWO),
        ],
    );
    fixture.expect_answers();
    fixture.question(
        "mkdir",
        &[("takes_one", &answer("d_name")), ("takes_two", TWO)],
    );
    let result = fixture.ask();
    assert!(
        result.err.contains(
            "\n    takes_one: `bindings::dentry` has the member `d_flags`, which this answer does not know\n"
        ),
        "{}",
        result.err
    );
    fixture.expect_no_answers();
}

#[test]
fn a_structure_whose_members_are_not_there_has_none_that_are_known() {
    let fixture = Fixture::new();
    // A misspelled name, and a function.
    for name in ["dentri", "vfs_mkdir"] {
        let answer = format!("//! One.\n//! Only members of bindings::{name}: d_flags\n{ONE}");
        fixture.question("mkdir", &[("takes_one", &answer), ("takes_two", TWO)]);
        let result = fixture.ask();
        let reason = format!(
            "\n    takes_one: the kernel has no `bindings::{name}` with members, and this answer states all of them\n"
        );
        assert!(result.err.contains(&reason), "{}", result.err);
        fixture.expect_no_answers();
    }
}

#[test]
fn an_enumeration_with_a_constant_that_the_answer_does_not_know_is_named() {
    let constants = "pub const times_ATIME: times = 0;\npub const times_CMTIME: times = 1;\npub type times = u32;\n";
    let answer = format!("//! One.\n//! Only members of bindings::times: ATIME, CMTIME\n{ONE}");
    let fixture = Fixture::new();
    fixture.question("mkdir", &[("takes_one", &answer), ("takes_two", TWO)]);
    fixture.bindings(&format!("{BINDINGS}{constants}"));
    fixture.expect_answers();
    fixture.bindings(&format!(
        "{BINDINGS}{constants}pub const times_ALL: times = 2;\n"
    ));
    let result = fixture.ask();
    assert!(
        result.err.contains(
            "\n    takes_one: `bindings::times` has the member `ALL`, which this answer does not know\n"
        ),
        "{}",
        result.err
    );
}

#[test]
fn a_stated_type_has_to_be_exact() {
    let bindings = "pub struct cred { pub uid: u32 }\npub struct inode { pub mode: u16 }\n\
        extern \"C\" { pub fn vfs_mkdir(dir: u32, place: *mut inode) -> i32; }\n";
    let null = ONE.replace("vfs_mkdir(dir)", "vfs_mkdir(dir, core::ptr::null_mut())");
    for (stated, fits) in [
        (
            "bindings::vfs_mkdir: fn(u32, *mut bindings::inode) -> i32;",
            true,
        ),
        (
            "bindings::vfs_mkdir: fn(u32, *mut bindings::cred) -> i32;",
            false,
        ),
        (
            "bindings::vfs_mkdir: fn(u32, *const bindings::inode) -> i32;",
            false,
        ),
        (
            "bindings::vfs_mkdir: fn(u32, *mut bindings::inode) -> u32;",
            false,
        ),
        ("bindings::vfs_mkdir: fn(u32, *mut bindings::inode);", false),
        ("bindings::vfs_mkdir: fn(u32) -> i32;", false),
    ] {
        let fixture = Fixture::new();
        fixture.bindings(bindings);
        let answer = format!("{null}bindings::signatures! {{ {stated} }}\nbindings::members! {{ bindings::inode {{ mode: u16 }} }}\n");
        fixture.question("mkdir", &[("takes_one", &answer), ("takes_two", TWO)]);
        fixture.write(
            "compat/shims/controls/arity.rs",
            "//! No arguments.\n//! Rejected with: E0061\npub(crate) unsafe fn wrong() -> i32 { unsafe { bindings::vfs_mkdir() } }\n",
        );
        let result = fixture.ask();
        // TWO passes a number where every form has a pointer.
        assert_eq!(
            result.status,
            Some(i32::from(!fits)),
            "{stated}: {}",
            result.err
        );
        if !fits {
            assert!(
                result
                    .err
                    .contains("takes_one: error[E0308]: mismatched types"),
                "{}",
                result.err
            );
        }
    }
}

/// A second question, whose answer is for one form of the first.
fn dependent(form: &str) -> String {
    format!(
        "//! For {form}.\npub(crate) struct Answer;\n\
         impl<M: super::super::mkdir::Mkdir<Form = super::super::mkdir::{form}>> super::Rmdir<M> for Answer {{}}\n"
    )
}

#[test]
fn chosen_answers_that_do_not_go_together_are_a_verdict() {
    for (form, fits) in [("New", true), ("Old", false)] {
        let fixture = Fixture::new();
        let answer = ONE.replace("Answer {\n", "Answer {\n    type Form = super::New;\n");
        let other = TWO.replace("Answer {\n", "Answer {\n    type Form = super::Old;\n");
        fixture.question("mkdir", &[("takes_one", &answer), ("takes_two", &other)]);
        let text = fixture.read("compat/shims/mkdir.rs").replace(
            "pub(crate) trait Mkdir {",
            "pub(crate) struct New;\npub(crate) struct Old;\npub(crate) trait Mkdir { type Form;",
        );
        fixture.write("compat/shims/mkdir.rs", &text);
        fixture.question("rmdir", &[("only", &dependent(form))]);
        let text = fixture.read("compat/shims/rmdir.rs");
        let begin = text.find("pub(crate) trait").unwrap();
        let end = begin + text[begin..].find('\n').unwrap();
        let question = format!(
            "{}pub(crate) trait Rmdir<M: super::mkdir::Mkdir> {{}}{}",
            &text[..begin],
            &text[end..]
        );
        fixture.write("compat/shims/rmdir.rs", &question);
        fixture.write(
            "compat/shims/together/forms.rs",
            "//! Both calls have one form. More.\n\
             use crate::compat::shims::{mkdir, rmdir::{self, Rmdir}};\n\
             fn together<M: mkdir::Mkdir, R: Rmdir<M>>() {}\n\
             pub(crate) fn chosen() { together::<mkdir::Answer, rmdir::Answer>(); }\n",
        );
        if fits {
            fixture.expect_answers();
            continue;
        }
        let result = fixture.ask();
        assert_eq!((result.status, result.out.as_str()), (Some(1), ""));
        assert!(
            result.err.starts_with(
                "compat-probe: the answers that fit do not go together: mkdir=takes_one rmdir=only. On every known kernel this holds: Both calls have one form.\n    rustc: error[E0271]"
            ),
            "{}",
            result.err
        );
        assert!(
            result.err.contains("\n    next: Find out which"),
            "{}",
            result.err
        );
        assert!(fixture
            .read("gen/compat.json")
            .contains("\"verdict\": \"not answered\""));
        fixture.expect_no_answers();
    }
}
