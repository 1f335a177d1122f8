// SPDX-License-Identifier: GPL-2.0

//! Defects of the questions themselves, which must not pass for something that the kernel lacks.

mod fixture;

use fixture::{Fixture, ONE, TWO};

/// Runs with `answer` in the place of the answer that does not fit, and expects an error of this
/// kind, with `words` in the compiler's line of the message.
fn expect_defect(answer: &str, kind: &str, words: &str) {
    let fixture = Fixture::new();
    fixture.write("compat/shims/mkdir/takes_two.rs", answer);
    let result = fixture.expect_error(kind);
    let line = result.err.lines().nth(1).unwrap();
    assert!(
        line.starts_with("    rustc: error") && line.contains(words),
        "expected: {words}\nfound: {line}"
    );
    assert!(
        result.err.contains("compat/shims/mkdir/takes_two.rs"),
        "{}",
        result.err
    );
    let report = fixture.read("gen/compat.json");
    assert!(report.contains("\"verdict\": \"error\""), "{report}");
}

#[test]
fn an_answer_that_does_not_parse_is_a_defect() {
    expect_defect(
        &TWO.replace("dir, 0) }", "dir, 0 }"),
        "InvalidSyntax",
        "error: mismatched closing delimiter",
    );
}

#[test]
fn the_message_has_the_place_the_compilers_words_the_log_and_what_to_do() {
    let fixture = Fixture::new();
    fixture.write(
        "compat/shims/mkdir/takes_two.rs",
        &TWO.replace("struct Answer", "strukt Answer"),
    );
    fixture.expect_message(
        "compat-probe: error: compat/shims/mkdir/takes_two.rs:2:19 is not valid Rust, so the answer cannot be tried.\n\
         \x20   rustc: error: expected one of `!` or `::`, found `Answer`\n\
         \x20   log:  gen/compat.log\n\
         \x20   next: Correct the syntax there; the log has the compiler's whole message.",
    );
}

#[test]
fn a_misspelled_name_that_is_not_the_kernels_is_a_defect() {
    for (answer, words) in [
        (
            TWO.replace("(dir, 0)", "(dri, 0)"),
            "error[E0425]: cannot find value `dri` in this scope",
        ),
        (
            TWO.replace("dir: u32", "dir: u23"),
            "cannot find type `u23` in this scope",
        ),
        (
            TWO.replace("super::Mkdir", "super::Mkdri"),
            "error[E0405]: cannot find trait `Mkdri` in module `super`",
        ),
        (
            format!("{TWO}use crate::compat::raw::one;\n"),
            "error[E0432]: unresolved import `crate::compat::raw::one`",
        ),
        (
            format!("{TWO}fn f() {{ nosuchmacro!(); }}\n"),
            "error: cannot find macro `nosuchmacro` in this scope",
        ),
    ] {
        expect_defect(&answer, "UnknownName", words);
    }
}

#[test]
fn a_name_that_the_kernel_lacks_is_no_defect() {
    let fixture = Fixture::new();
    for answer in [
        TWO.replace("bindings::vfs_mkdir(dir, 0)", "bindings::vfs_mkdirat(dir)"),
        TWO.replace(
            "bindings::vfs_mkdir(dir, 0)",
            "::bindings::vfs_mkdirat(dir)",
        ),
        TWO.replace(
            "bindings::vfs_mkdir(dir, 0)",
            "bindings::old::vfs_mkdir(dir)",
        ),
        format!("{ONE}use bindings::{{dentry, vfs_mkdirat}};\n"),
        format!("{ONE}use bindings::{{dentry, old::{{deep::vfs_mkdirat, other}}}};\n"),
        format!("{ONE}fn f(_: bindings::nosuchtype) {{}}\n"),
        format!("{ONE}fn f(d: &bindings::dentry) -> u32 {{ d.d_nosuchfield }}\n"),
    ] {
        fixture.write("compat/shims/mkdir/takes_two.rs", &answer);
        fixture.expect_answers();
    }
}

#[test]
fn a_name_that_bindgen_is_not_told_to_generate_is_a_defect() {
    let mut fixture = Fixture::new();
    fixture.write(
        "bindgen.args",
        "--allowlist-function vfs_mkdir\n--allowlist-function vfs_mkdirat\n",
    );
    fixture.write(
        "helpers.h",
        "static inline int shim_mkdir(int dir) { return vfs_mkdir(dir); }\n",
    );
    fixture
        .options
        .extend(["--names", "bindgen.args", "--names=helpers.h"].map(str::to_string));
    fixture.expect_answers();
    for generated in ["vfs_mkdirat", "shim_mkdir"] {
        fixture.write(
            "compat/shims/mkdir/takes_two.rs",
            &ONE.replace("vfs_mkdir", generated),
        );
        fixture.expect_answers();
    }
    fixture.write(
        "compat/shims/mkdir/takes_two.rs",
        &ONE.replace("vfs_mkdir", "vfs_mkdri"),
    );
    fixture.expect_error("NotGenerated");
    fixture.write(
        "compat/shims/mkdir/takes_two.rs",
        &format!("//! Old.\n//! Only without: bindings::vfs_mkdri\n{ONE}"),
    );
    fixture.expect_error("NotGenerated");
}

#[test]
fn a_comment_does_not_make_bindgen_generate_a_name() {
    let mut fixture = Fixture::new();
    fixture.write(
        "bindgen.args",
        "# Without vfs_mkdri, which isn't there.\n--allowlist-function vfs_mkdir\n",
    );
    fixture.write(
        "helpers.h",
        "/* vfs_mkdri() */\n#define D dget // vfs_mkdri\n",
    );
    fixture
        .options
        .extend(["--names", "bindgen.args", "--names=helpers.h"].map(str::to_string));
    fixture.write(
        "compat/shims/mkdir/takes_two.rs",
        &format!("//! Old.\n//! Only without: bindings::vfs_mkdri\n{ONE}"),
    );
    fixture.expect_error("NotGenerated");
}

#[test]
fn a_misspelled_name_in_a_negative_control_is_a_defect() {
    let fixture = Fixture::new();
    fixture.write(
        "compat/shims/controls/arity.rs",
        "//! Wrong.\n//! Rejected with: E0425\nfn wrong() { nosuchname() }\n",
    );
    fixture.expect_error("UnknownName");
}

#[test]
fn a_misspelled_name_in_a_module_of_an_answer_is_a_defect() {
    let fixture = Fixture::new();
    fixture.append("compat/shims/mkdir/takes_two.rs", "mod more;\n");
    fixture.write(
        "compat/shims/mkdir/takes_two/more.rs",
        "fn f() { nosuchname() }\n",
    );
    fixture.expect_error("UnknownName");
}

#[test]
fn a_module_without_a_file_is_a_defect() {
    expect_defect(
        &format!("{TWO}mod more;\n"),
        "MissingModule",
        "error[E0583]: file not found for module `more`",
    );
}

#[test]
fn an_answer_that_differs_from_its_trait_is_a_defect() {
    for (answer, words) in [
        (
            TWO.replace("fn call", "fn cal"),
            "error[E0407]: method `cal` is not a member of trait",
        ),
        (
            ONE.replace("dir: u32", "dir: u64")
                .replace("(dir)", "(dir as u32)"),
            "error[E0053]: method `call` has an incompatible type for trait",
        ),
        (
            "pub(crate) struct Answer; impl super::Mkdir for Answer {}".to_string(),
            "error[E0046]: not all trait items implemented, missing: `call`",
        ),
    ] {
        expect_defect(&answer, "TraitMismatch", words);
    }
}

#[test]
fn answers_that_clash_are_a_defect() {
    let fixture = Fixture::new();
    fixture.append("compat/raw.rs", "pub(crate) struct Common;\n");
    let answer = ONE
        .replace("pub(crate) struct Answer;\n", "")
        .replace("Answer", "crate::compat::raw::Common");
    fixture.question("mkdir", &[("takes_one", &answer), ("takes_u32", &answer)]);
    fixture.expect_error("Clash");
}

#[test]
fn an_answer_that_uses_the_answer_to_another_question_is_a_defect() {
    let fixture = Fixture::new();
    let other = "fn f() { unsafe { <crate::compat::shims::mkdir::Answer as crate::compat::shims::mkdir::Mkdir>::call(1) }; }\n";
    fixture.question(
        "rmdir",
        &[("takes_one", &format!("{ONE}{other}")), ("takes_two", TWO)],
    );
    fixture.expect_error("Clash");
}

#[test]
fn a_question_file_that_does_not_compile_is_a_defect() {
    let fixture = Fixture::new();
    fixture.append(
        "compat/shims/mkdir.rs",
        "fn f() -> bindings::nosuchtype {}\n",
    );
    fixture.expect_error("QuestionRejected");
}

#[test]
fn a_question_file_that_uses_its_answer_is_a_defect() {
    let fixture = Fixture::new();
    fixture.append("compat/shims/mkdir.rs", "fn f() { let _ = Answer; }\n");
    fixture.expect_error("QuestionUsesAnswer");
}

#[test]
fn an_invalid_absence_is_a_defect() {
    let fixture = Fixture::new();
    for name in [
        "vfs_mkdir",
        "bindings",
        "bindings::a b",
        "bindings::dentry.a.b",
    ] {
        fixture.write(
            "compat/shims/mkdir/takes_one.rs",
            &ONE.replacen('\n', &format!("\n//! Only without: {name}\n"), 1),
        );
        let result = fixture.expect_error("InvalidAbsence");
        assert!(
            result.err.contains(&format!("`Only without: {name}`")),
            "{}",
            result.err
        );
    }
}

#[test]
fn a_wrong_list_of_answers_is_a_defect() {
    let question = Fixture::new().read("compat/shims/mkdir.rs");
    let entry = "    \"takes_two\" => takes_two,\n";
    for (text, kind) in [
        (
            question.replace("=> takes_two", "=> takes_tow"),
            "MalformedAnswers",
        ),
        (question.replace(entry, ""), "AnswerNotListed"),
        (
            question.replace("takes_two", "takes_six"),
            "AnswerNotListed",
        ),
        (question.replace("answers!", "answer!"), "NoAnswer"),
    ] {
        let fixture = Fixture::new();
        fixture.write("compat/shims/mkdir.rs", &text);
        fixture.expect_error(kind);
    }
}

#[test]
fn a_question_that_is_not_listed_is_a_defect() {
    let fixture = Fixture::new();
    fixture.write("compat/shims/forgotten.rs", "//! Question?\n");
    fixture.expect_error("QuestionNotListed");
}

#[test]
fn a_question_without_answers_and_a_list_without_questions_are_defects() {
    let fixture = Fixture::new();
    fixture.append("compat/shims.rs", "pub(crate) mod empty;\n");
    fixture.write("compat/shims/empty.rs", "//! Question?\n");
    fixture.expect_error("NoAnswer");
    std::fs::remove_file(fixture.dir.join("compat/shims/empty.rs")).unwrap();
    std::fs::remove_file(fixture.dir.join("compat/shims/mkdir.rs")).unwrap();
    fixture.write("compat/shims.rs", "//! `pub(crate) mod comment;`\n");
    fixture.expect_error("NoQuestion");
}

#[test]
fn a_directory_of_controls_with_another_name_is_a_defect() {
    let fixture = Fixture::new();
    let shims = fixture.dir.join("compat/shims");
    std::fs::rename(shims.join("controls"), shims.join("control")).unwrap();
    let result = fixture.expect_error("StrayDirectory");
    assert!(
        result.err.contains("compat/shims/control is neither"),
        "{}",
        result.err
    );
    // A directory without Rust files may have anything.
    std::fs::remove_file(shims.join("control/arity.rs")).unwrap();
    fixture.expect_answers();
}
