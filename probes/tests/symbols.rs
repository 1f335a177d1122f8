// SPDX-License-Identifier: GPL-2.0

//! The symbols that an answer needs, and the kernel's exports.

mod fixture;

use fixture::{Fixture, ONE, TWO};

/// A fixture whose first answer calls `symbol`.
fn calling(symbol: &str) -> Fixture {
    let fixture = Fixture::new();
    fixture.question(
        "mkdir",
        &[
            ("takes_one", &ONE.replace("vfs_mkdir", symbol)),
            ("takes_two", TWO),
        ],
    );
    fixture
}

#[test]
fn an_answer_that_needs_an_unexported_symbol_does_not_fit() {
    let result = calling("vfs_hidden").ask();
    assert!(
        result.err.contains(
            "\n    takes_one: `vfs_hidden` is declared, but the kernel does not export it\n"
        ),
        "{}",
        result.err
    );
}

#[test]
fn an_answer_that_needs_a_symbol_in_a_namespace_does_not_fit() {
    let result = calling("vfs_secret").ask();
    assert!(
        result.err.contains("\n    takes_one: `vfs_secret` is exported, but only to modules that import the namespace VFS_INTERNAL\n"),
        "{}", result.err
    );
}

#[test]
fn a_wrapped_inline_needs_no_export() {
    let fixture = calling("vfs_mkdir");
    fixture.append(
        "compat/shims/mkdir/takes_one.rs",
        "unsafe fn f(d: *mut bindings::dentry) { unsafe { bindings::dget(d) }; }\n",
    );
    fixture.expect_answers();
}

#[test]
fn a_symbol_in_a_comment_or_a_string_is_not_needed() {
    let fixture = calling("vfs_mkdir");
    fixture.append(
        "compat/shims/mkdir/takes_one.rs",
        "// bindings::vfs_hidden\nconst S: &str = \"bindings::vfs_hidden\";\n",
    );
    fixture.expect_answers();
}

#[test]
fn an_unexported_symbol_counts_as_absent() {
    let fixture = calling("vfs_hidden");
    let without = format!("//! Without it.\n//! Only without: bindings::vfs_hidden\n{ONE}");
    fixture.question(
        "mkdir",
        &[
            ("takes_one", &ONE.replace("vfs_mkdir", "vfs_hidden")),
            ("takes_two", &without),
        ],
    );
    fixture.expect_answers();
    assert!(fixture
        .read("gen/compat.cfg")
        .starts_with("--cfg=mkdir=\"takes_two\"\n"));
}

#[test]
fn a_support_file_must_not_need_an_unexported_symbol() {
    let fixture = Fixture::new();
    fixture.append(
        "compat/raw.rs",
        "pub(crate) unsafe fn f() -> i32 { unsafe { bindings::vfs_hidden(1) } }\n",
    );
    fixture.expect_error("SharedFileNeedsSymbol");
}

#[test]
fn bindings_under_another_name_are_an_error() {
    let fixture = Fixture::new();
    fixture.append(
        "compat/shims/mkdir/takes_one.rs",
        "use bindings as kernel_api;\n",
    );
    fixture.expect_error("BindingsImportedWhole");
}

#[test]
fn without_symvers_the_table_says_that_symbols_were_not_checked() {
    let mut fixture = calling("vfs_hidden");
    fixture.options.clear();
    fixture.expect_answers();
    assert!(fixture
        .read("gen/compat.txt")
        .ends_with("No Module.symvers was given: whether symbols are exported was not checked.\n"));
}
