// SPDX-License-Identifier: GPL-2.0

//! Defects of the questions themselves, which must not pass for a kernel that lacks something.

mod world;

use world::{World, ONE, TWO};

/// Asks with `answer` in the place of the answer that does not fit, and expects this one fault.
fn faulty(answer: &str, what: &str, words: &str) {
    let world = World::new();
    world.write("compat/shims/mkdir/takes_two.rs", answer);
    let ran = world.ask();
    let expected =
        format!("compat-probe: environment broken: compat/shims/mkdir/takes_two.rs{what}");
    assert!(
        ran.err.starts_with(&expected),
        "expected: {expected}\nfound: {}",
        ran.err
    );
    let said = ran.err.lines().nth(1).unwrap();
    assert!(
        said.starts_with("    rustc: error") && said.contains(words),
        "expected: {words}\nfound: {said}"
    );
    assert_eq!(ran.status, Some(1));
    world.no_answers();
    assert!(world
        .read("gen/compat.json")
        .contains("\"verdict\": \"environment broken\""));
}

const UNFOUND: &str = " uses a name that is not found, and the name is no path into a crate of the kernel, so its absence says nothing about the kernel.";

#[test]
fn an_answer_that_does_not_parse_is_a_defect() {
    faulty(
        &TWO.replace("dir, 0) }", "dir, 0 }"),
        ":4:",
        "error: mismatched closing delimiter",
    );
}

#[test]
fn the_text_about_an_answer_that_does_not_parse() {
    let world = World::new();
    world.write(
        "compat/shims/mkdir/takes_two.rs",
        &TWO.replace("struct Answer", "strukt Answer"),
    );
    world.stopped(
        "compat-probe: environment broken: compat/shims/mkdir/takes_two.rs:2:19 is no valid Rust, so it cannot be asked.\n\
         \x20   rustc: error: expected one of `!` or `::`, found `Answer`\n\
         \x20   log:  gen/compat.log\n\
         \x20   next: Correct the syntax there; the log shows the compiler's words in full.",
    );
}

#[test]
fn a_typo_in_a_name_of_its_own_is_a_defect() {
    faulty(
        &TWO.replace("(dir, 0)", "(dri, 0)"),
        UNFOUND,
        "error[E0425]: cannot find value `dri` in this scope",
    );
    faulty(
        &TWO.replace("dir: u32", "dir: u23"),
        UNFOUND,
        "cannot find type `u23` in this scope",
    );
    faulty(
        &TWO.replace("super::Mkdir", "super::Mkdri"),
        UNFOUND,
        "error[E0405]: cannot find trait `Mkdri` in module `super`",
    );
    faulty(
        &format!("{TWO}use crate::compat::raw::one;\n"),
        UNFOUND,
        "error[E0432]: unresolved import `crate::compat::raw::one`",
    );
    faulty(
        &format!("{TWO}fn f() {{ nosuchmacro!(); }}\n"),
        UNFOUND,
        "error: cannot find macro `nosuchmacro` in this scope",
    );
}

#[test]
fn a_name_that_the_kernel_lacks_is_no_defect() {
    let world = World::new();
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
        world.write("compat/shims/mkdir/takes_two.rs", &answer);
        world.answered();
    }
}

#[test]
fn a_name_that_bindgen_is_not_asked_for_is_a_defect() {
    let mut world = World::new();
    world.write(
        "bindgen.args",
        "--allowlist-function vfs_mkdir\n--allowlist-function vfs_mkdirat\n",
    );
    world.write(
        "helpers.h",
        "static inline int shim_mkdir(int dir) { return vfs_mkdir(dir); }\n",
    );
    world
        .options
        .extend(["--names", "bindgen.args", "--names=helpers.h"].map(str::to_string));
    world.answered();
    for asked in ["vfs_mkdirat", "shim_mkdir"] {
        world.write(
            "compat/shims/mkdir/takes_two.rs",
            &ONE.replace("vfs_mkdir", asked),
        );
        world.answered();
    }
    world.write(
        "compat/shims/mkdir/takes_two.rs",
        &ONE.replace("vfs_mkdir", "vfs_mkdri"),
    );
    world.stopped(
        "compat-probe: environment broken: compat/shims/mkdir/takes_two.rs names `bindings::vfs_mkdri`, which no kernel's bindings hold, because bindgen is not asked for it in bindgen.args, helpers.h.\n\
         \x20   rustc: error[E0425]: cannot find function `vfs_mkdri` in crate `bindings` (compat/shims/mkdir/takes_two.rs:4:58)\n\
         \x20   log:  gen/compat.log\n\
         \x20   next: Correct the name, or ask for it there.",
    );
    world.write(
        "compat/shims/mkdir/takes_two.rs",
        &format!("//! Old.\n//! Only without: bindings::vfs_mkdri\n{ONE}"),
    );
    let ran = world.ask();
    assert!(ran.err.contains("compat/shims/mkdir/takes_two.rs names `bindings::vfs_mkdri`, which no kernel's bindings hold"), "{}", ran.err);
    world.no_answers();
}

#[test]
fn a_typo_in_a_wrong_twin_is_a_defect() {
    let world = World::new();
    world.write(
        "compat/shims/controls/arity.rs",
        "//! Wrong.\n//! Rejected with: E0425\nfn wrong() { nosuchname() }\n",
    );
    let ran = world.ask();
    assert!(
        ran.err
            .contains(&format!("compat/shims/controls/arity.rs{UNFOUND}")),
        "{}",
        ran.err
    );
    world.no_answers();
}

#[test]
fn a_typo_in_a_module_of_an_answer_is_a_defect() {
    let world = World::new();
    world.append("compat/shims/mkdir/takes_two.rs", "mod more;\n");
    world.write(
        "compat/shims/mkdir/takes_two/more.rs",
        "fn f() { nosuchname() }\n",
    );
    let ran = world.ask();
    assert!(
        ran.err
            .contains(&format!("compat/shims/mkdir/takes_two.rs{UNFOUND}")),
        "{}",
        ran.err
    );
    world.no_answers();
}

#[test]
fn an_answer_that_does_not_keep_to_its_trait_is_a_defect() {
    let what = " does not keep to the trait of its question.";
    faulty(
        &TWO.replace("fn call", "fn cal"),
        what,
        "error[E0407]: method `cal` is not a member of trait",
    );
    faulty(
        &ONE.replace("dir: u32", "dir: u64")
            .replace("(dir)", "(dir as u32)"),
        what,
        "error[E0053]: method `call` has an incompatible type for trait",
    );
    faulty(
        "pub(crate) struct Answer; impl super::Mkdir for Answer {}",
        what,
        "error[E0046]: not all trait items implemented, missing: `call`",
    );
}

#[test]
fn answers_that_clash_are_a_defect() {
    let world = World::new();
    world.append("compat/raw.rs", "pub(crate) struct Common;\n");
    let answer = ONE
        .replace("pub(crate) struct Answer;\n", "")
        .replace("Answer", "crate::compat::raw::Common");
    world.question("mkdir", &[("takes_one", &answer), ("takes_u32", &answer)]);
    let ran = world.ask();
    assert!(
        ran.err
            .contains("names or implements something that another answer has too"),
        "{}",
        ran.err
    );
    assert!(
        ran.err
            .contains("rustc: error[E0119]: conflicting implementations"),
        "{}",
        ran.err
    );
    world.no_answers();
}

#[test]
fn an_answer_that_uses_the_answer_to_another_question_is_a_defect() {
    let world = World::new();
    let use_it = |answer: &str| {
        format!("{answer}fn f() {{ unsafe {{ <crate::compat::shims::mkdir::Answer as crate::compat::shims::mkdir::Mkdir>::call(1) }}; }}\n")
    };
    world.question("rmdir", &[("takes_one", &use_it(ONE)), ("takes_two", TWO)]);
    let ran = world.ask();
    assert!(ran.err.contains("compat/shims/rmdir/takes_one.rs names or implements something that another answer has too"), "{}", ran.err);
    world.no_answers();
}

#[test]
fn a_question_file_that_does_not_compile_is_a_defect() {
    let world = World::new();
    world.append(
        "compat/shims/mkdir.rs",
        "fn f() -> bindings::nosuchtype {}\n",
    );
    let ran = world.ask();
    assert!(ran.err.starts_with("compat-probe: environment broken: the question file compat/shims/mkdir.rs does not compile, whatever the answer.\n    rustc: error[E0"), "{}", ran.err);
    world.no_answers();
}

#[test]
fn a_question_file_that_uses_its_answer_is_a_defect() {
    let world = World::new();
    world.append("compat/shims/mkdir.rs", "fn f() { let _ = Answer; }\n");
    let ran = world.ask();
    assert!(ran.err.contains("the question file compat/shims/mkdir.rs uses a name that its answers define, and each of them defines it"), "{}", ran.err);
    world.no_answers();
}

#[test]
fn a_wrong_directive_is_a_defect() {
    let world = World::new();
    for (line, what) in [
        (
            "Only without: vfs_mkdir",
            "`Only without: vfs_mkdir` names nothing of bindings.",
        ),
        (
            "Only without: bindings",
            "`Only without: bindings` names nothing of bindings.",
        ),
        (
            "Only without: bindings::a b",
            "`Only without: bindings::a b` names nothing of bindings.",
        ),
        (
            "Only without: bindings::dentry.a.b",
            "`Only without: bindings::dentry.a.b` names nothing of bindings.",
        ),
    ] {
        world.write(
            "compat/shims/mkdir/takes_one.rs",
            &ONE.replacen('\n', &format!("\n//! {line}\n"), 1),
        );
        let ran = world.ask();
        assert!(ran.err.contains(what), "{}", ran.err);
        world.no_answers();
    }
}

#[test]
fn what_is_not_declared_as_it_should_be_is_found() {
    let question = World::new().read("compat/shims/mkdir.rs");
    for (text, what) in [
        (question.replace("mod takes_two;", "mod takes_tow;"), "compat/shims/mkdir.rs:9: this cfg stands on something else than the answer `takes_two`"),
        (question.replace("#[cfg(mkdir = \"takes_two\")]", "#[cfg(mkdri = \"takes_two\")]"), "compat/shims/mkdir.rs:9: this cfg does not name the question `mkdir`"),
        (question.replace("#[cfg(mkdir = \"takes_two\")]", "#[cfg(not(CONFIG_X))]"), "compat/shims/mkdir.rs:9: this cfg does not select an answer"),
        (question.replace("#[cfg(mkdir = \"takes_two\")]\npub(crate) use takes_two::*;\n", ""), "compat/shims/mkdir.rs does not declare each answer once as `mod` and once as `use`: mod takes_one, takes_two; use takes_one"),
        (question[..question.find("#[cfg(mkdir = \"takes_two\")]").unwrap()].to_string(), "compat/shims/mkdir.rs holds no declaration of the answer file compat/shims/mkdir/takes_two.rs"),
        (question.replace("takes_two", "takes_six"), "compat/shims/mkdir.rs holds no declaration of the answer file compat/shims/mkdir/takes_two.rs"),
    ] {
        let world = World::new();
        world.write("compat/shims/mkdir.rs", &text);
        let ran = world.ask();
        assert!(ran.err.starts_with(&format!("compat-probe: environment broken: {what}")), "expected {what}, found {}", ran.err);
        world.no_answers();
    }
}

#[test]
fn a_question_that_nobody_lists_is_found() {
    let world = World::new();
    world.write("compat/shims/forgotten.rs", "//! Question?\n");
    let ran = world.ask();
    assert!(ran.err.starts_with("compat-probe: environment broken: compat/shims.rs does not list the question file compat/shims/forgotten.rs."), "{}", ran.err);
    world.no_answers();
}

#[test]
fn a_question_without_answers_and_an_empty_list_are_found() {
    let world = World::new();
    world.append("compat/shims.rs", "pub(crate) mod empty;\n");
    world.write("compat/shims/empty.rs", "//! Question?\n");
    let ran = world.ask();
    assert!(
        ran.err
            .contains("the question file compat/shims/empty.rs declares no answer"),
        "{}",
        ran.err
    );
    std::fs::remove_file(world.dir.join("compat/shims/empty.rs")).unwrap();
    std::fs::remove_file(world.dir.join("compat/shims/mkdir.rs")).unwrap();
    world.write("compat/shims.rs", "//! `pub(crate) mod comment;`\n");
    let ran = world.ask();
    assert!(
        ran.err.contains("compat/shims.rs lists no question"),
        "{}",
        ran.err
    );
    world.no_answers();
}
