// SPDX-License-Identifier: GPL-2.0

//! Symbols that an answer calls, and what the kernel exports.

mod world;

use world::{World, ONE, TWO};

/// A question whose one fitting answer calls `symbol`.
fn calling(symbol: &str) -> World {
    let world = World::new();
    world.question(
        "mkdir",
        &[
            ("takes_one", &ONE.replace("vfs_mkdir", symbol)),
            ("takes_two", TWO),
        ],
    );
    world
}

#[test]
fn a_symbol_that_is_declared_and_not_exported_does_not_fit() {
    calling("vfs_hidden").stopped(
        "compat-probe: no answer fits the question `mkdir`: the kernel has a form that compat/shims/mkdir.rs does not know.\n\
         \x20   takes_one: `vfs_hidden` is declared, but the kernel does not export it\n\
         \x20   takes_two: error[E0061]: this function takes 1 argument but 2 arguments were supplied (compat/shims/mkdir/takes_two.rs:4:48)\n\
         \x20   log:  gen/compat.log\n\
         \x20   next: Write the kernel's form as a new answer file in compat/shims/mkdir/, or report it together with the log.",
    );
}

#[test]
fn a_symbol_in_a_namespace_does_not_fit() {
    let ran = calling("vfs_secret").ask();
    assert!(
        ran.err.contains("\n    takes_one: `vfs_secret` is exported, but only to modules that import the namespace VFS_INTERNAL\n"),
        "{}", ran.err
    );
}

#[test]
fn a_wrapped_inline_needs_no_export() {
    let world = calling("vfs_mkdir");
    world.append(
        "compat/shims/mkdir/takes_one.rs",
        "unsafe fn f(d: *mut bindings::dentry) { unsafe { bindings::dget(d) }; }\n",
    );
    world.answered();
}

#[test]
fn a_symbol_named_in_a_comment_or_a_string_is_not_called() {
    let world = calling("vfs_mkdir");
    world.append(
        "compat/shims/mkdir/takes_one.rs",
        "// bindings::vfs_hidden\nconst S: &str = \"bindings::vfs_hidden\";\n",
    );
    world.answered();
}

#[test]
fn an_answer_for_kernels_that_do_not_export_a_symbol_fits_where_it_is_declared_only() {
    let world = calling("vfs_hidden");
    let without = format!("//! Without it.\n//! Only without: bindings::vfs_hidden\n{ONE}");
    world.question(
        "mkdir",
        &[
            ("takes_one", &ONE.replace("vfs_mkdir", "vfs_hidden")),
            ("takes_two", &without),
        ],
    );
    world.answered();
    assert!(world
        .read("gen/compat.cfg")
        .starts_with("--cfg=mkdir=\"takes_two\"\n"));
}

#[test]
fn an_answer_left_over_by_the_symbols_is_compiled_once_more_by_itself() {
    let world = World::new();
    world.question(
        "mkdir",
        &[
            ("takes_one", ONE),
            ("takes_hidden", &ONE.replace("vfs_mkdir", "vfs_hidden")),
        ],
    );
    world.answered();
    assert!(world.read("gen/compat.log").contains("\n== chosen\n"));
}

#[test]
fn a_support_file_may_not_use_what_is_not_exported() {
    let world = World::new();
    world.append(
        "compat/raw.rs",
        "pub(crate) unsafe fn f() -> i32 { unsafe { bindings::vfs_hidden(1) } }\n",
    );
    let ran = world.ask();
    assert!(ran.err.contains("environment broken: compat/raw.rs serves every answer, but `vfs_hidden` is declared, but the kernel does not export it."), "{}", ran.err);
    world.no_answers();
}

#[test]
fn bindings_that_are_brought_in_whole_are_refused() {
    let world = World::new();
    world.append(
        "compat/shims/mkdir/takes_one.rs",
        "use bindings as kernel_api;\n",
    );
    let ran = world.ask();
    assert!(ran.err.contains("compat/shims/mkdir/takes_one.rs:6 brings in `bindings` whole or under another name, so the symbols it uses cannot be seen"), "{}", ran.err);
    world.no_answers();
}

#[test]
fn without_symvers_the_table_says_that_nobody_looked() {
    let mut world = calling("vfs_hidden");
    world.options.clear();
    world.answered();
    assert!(world.read("gen/compat.txt").ends_with(
        "No Module.symvers was given: whether symbols are exported was not looked at.\n"
    ));
}
