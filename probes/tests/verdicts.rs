// SPDX-License-Identifier: GPL-2.0

//! What follows from the answers that fit.

mod world;

use world::{World, ONE, TWO};

#[test]
fn one_answer_that_fits_is_the_answer() {
    let world = World::new();
    world.answered();
    let arguments = world.read("gen/compat.cfg");
    assert_eq!(arguments.lines().next(), Some("--cfg=mkdir=\"takes_one\""));
    assert_eq!(world.read("gen/compat.line"), "mkdir=takes_one");
    assert!(world
        .read("gen/compat_info.c")
        .contains("MODULE_INFO(compat, \"mkdir=takes_one\");"));
}

#[test]
fn the_compiler_takes_the_answers_as_arguments() {
    let world = World::new();
    world.answered();
    world.write(
        "driver.rs",
        "mod compat { pub(crate) mod raw; pub(crate) mod shims; }\n\
         pub fn mkdir() -> i32 { use compat::shims::mkdir::{Answer, Mkdir}; compat::raw::zero() + unsafe { Answer::call(1) } }\n\
         #[cfg(CONFIG_UNHEARD_OF)] compile_error!(\"set\");\n",
    );
    let built = std::process::Command::new(&world.rustc)
        .args([
            "--crate-type=rlib",
            "--emit=metadata",
            "-Dwarnings",
            "@gen/compat.cfg",
            "driver.rs",
        ])
        .args(&world.flags)
        .current_dir(&world.dir)
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
}

#[test]
fn the_table_says_what_is_asked_and_what_the_answer_means() {
    let world = World::new();
    world.answered();
    let ran: world::Ran = world
        .command(&["table", "--out", "gen"])
        .output()
        .unwrap()
        .into();
    assert!(
        ran.out.starts_with(
            "QUESTION       WHAT IS ASKED\n    ANSWER         WHAT IT MEANS\n\
             mkdir          What does `mkdir` take?\n    takes_one      The call takes one argument.\n"
        ),
        "{}",
        ran.out
    );
    assert!(
        ran.out
            .contains("\n1 question, 2 answers, 1 wrong twin in 2 passes: "),
        "{}",
        ran.out
    );
    assert!(
        ran.out
            .ends_with("\nExported to GPL modules only: vfs_mkdir\n"),
        "{}",
        ran.out
    );
}

#[test]
fn there_is_no_table_before_anything_was_asked() {
    let world = World::new();
    let ran: world::Ran = world
        .command(&["table", "--out", "gen"])
        .output()
        .unwrap()
        .into();
    assert_eq!(ran.status, Some(1));
    assert_eq!(
        ran.err,
        "compat-probe: there is no table of answers in gen (No such file or directory (os error 2)): run `make` first.\n"
    );
}

#[test]
fn when_no_answer_fits_each_one_is_told_with_its_reason() {
    let world = World::new();
    world.question(
        "mkdir",
        &[
            ("takes_two", TWO),
            ("takes_four", &TWO.replace("dir, 0", "dir, 0, 0, 0")),
        ],
    );
    world.stopped(
        "compat-probe: no answer fits the question `mkdir`: the kernel has a form that compat/shims/mkdir.rs does not know.\n\
         \x20   takes_two: error[E0061]: this function takes 1 argument but 2 arguments were supplied (compat/shims/mkdir/takes_two.rs:4:48)\n\
         \x20   takes_four: error[E0061]: this function takes 1 argument but 4 arguments were supplied (compat/shims/mkdir/takes_four.rs:4:48)\n\
         \x20   log:  gen/compat.log\n\
         \x20   next: Write the kernel's form as a new answer file in compat/shims/mkdir/, or report it together with the log.",
    );
    assert!(world
        .read("gen/compat.json")
        .contains("\"verdict\": \"no answer fits\""));
    assert!(world
        .read("gen/compat.txt")
        .contains("mkdir                 What does `mkdir` take?\n    (no answer fits)\n"));
    assert!(
        world
            .read("gen/compat.log")
            .contains("takes_four.rs:4:48\n"),
        "the compiler's words in full"
    );
}

#[test]
fn when_two_answers_fit_none_is_chosen() {
    let world = World::new();
    world.question(
        "mkdir",
        &[("takes_one", ONE), ("takes_u32", ONE), ("takes_two", TWO)],
    );
    world.stopped(
        "compat-probe: two answers fit the question `mkdir`, so it is not decided which one is right here.\n\
         \x20   takes_one: fits\n\
         \x20   takes_u32: fits\n\
         \x20   takes_two: error[E0061]: this function takes 1 argument but 2 arguments were supplied (compat/shims/mkdir/takes_two.rs:4:48)\n\
         \x20   log:  gen/compat.log\n\
         \x20   next: Make the answers in compat/shims/mkdir/ exclude each other: use in each what only its kernels have, or add `//! Only without: bindings::name` to the one for kernels without it.",
    );
}

#[test]
fn every_question_without_an_answer_is_told() {
    let world = World::new();
    world.question("rmdir", &[("takes_two", TWO)]);
    world.question("rename", &[("takes_one", ONE), ("takes_u32", ONE)]);
    let ran = world.ask();
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.err.contains("no answer fits the question `rmdir`"),
        "{}",
        ran.err
    );
    assert!(
        ran.err.contains("two answers fit the question `rename`"),
        "{}",
        ran.err
    );
    assert!(!ran.err.contains("question `mkdir`"), "{}", ran.err);
    world.no_answers();
}

#[test]
fn an_answer_for_kernels_without_something_fits_only_there() {
    let answer = |line: &str| {
        format!(
            "//! Without it.\n//! {line}\n{}",
            ONE.replace("bindings::vfs_mkdir(dir)", "dir as i32")
        )
    };
    for (line, offered) in [
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
        let world = World::new();
        world.question("mkdir", &[("without", &answer(line)), ("takes_two", TWO)]);
        let ran = world.ask();
        assert_eq!(ran.status, Some(i32::from(offered)), "{line}: {}", ran.err);
        assert_eq!(
            ran.err
                .contains("`, and this answer is for kernels without it"),
            offered,
            "{}",
            ran.err
        );
    }
}

#[test]
fn lints_say_nothing_about_the_kernel() {
    let mut world = World::new();
    world
        .flags
        .extend(["-Dwarnings", "-Fnon_ascii_idents"].map(str::to_string));
    world.write(
        "compat/shims/mkdir/takes_one.rs",
        &format!("{ONE}fn unuséd() {{ let x = 1; }}\n"),
    );
    world.answered();
}

#[test]
fn errors_are_told_apart_though_the_flags_map_paths_away() {
    let mut world = World::new();
    world
        .flags
        .push(format!("--remap-path-prefix={}/=", world.dir.display()));
    world.answered();
}

#[test]
fn an_error_in_a_macro_counts_for_the_answer_that_uses_the_macro() {
    let world = World::new();
    world.append("compat/raw.rs", "macro_rules! call { ($($a:tt)*) => { unsafe { bindings::vfs_mkdir($($a)*, 1) } } }\npub(crate) use call;\n");
    let answer = TWO.replace(
        "unsafe { bindings::vfs_mkdir(dir, 0) }",
        "crate::compat::raw::call!(dir)",
    );
    world.question("mkdir", &[("takes_one", ONE), ("takes_two", &answer)]);
    world.answered();
}

#[test]
fn an_answer_may_have_modules_of_its_own() {
    let world = World::new();
    world.write(
        "compat/shims/mkdir/takes_two.rs",
        &format!(
            "{}mod call;\n",
            TWO.replace("bindings::vfs_mkdir(dir, 0)", "call::call(dir)")
        ),
    );
    world.write(
        "compat/shims/mkdir/takes_two/call.rs",
        "pub unsafe fn call(dir: u32) -> i32 { unsafe { bindings::vfs_mkdir(dir, 0) } }\n",
    );
    world.answered();
}
