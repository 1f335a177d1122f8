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

/// A fixture with an answer that calls `symbol`, and another one with a line in its header.
fn without(symbol: &str, line: &str) -> Fixture {
    let fixture = calling(symbol);
    fixture.question(
        "mkdir",
        &[
            ("takes_one", &ONE.replace("vfs_mkdir", symbol)),
            ("takes_two", &format!("//! Without it.\n//! {line}\n{ONE}")),
        ],
    );
    fixture
}

#[test]
fn an_unexported_symbol_is_not_absent() {
    let result = without("vfs_hidden", "Only without: bindings::vfs_hidden").ask();
    assert!(
        result.err.contains(
            "\n    takes_two: the kernel has `bindings::vfs_hidden`, and this answer is for kernels without it\n"
        ),
        "{}",
        result.err
    );
}

#[test]
fn an_answer_may_be_for_kernels_that_do_not_export_something() {
    let fixture = without("vfs_hidden", "Only unexported: bindings::vfs_hidden");
    fixture.expect_answers();
    assert!(fixture
        .read("gen/compat.cfg")
        .starts_with("--cfg=mkdir=\"takes_two\"\n"));
    // To other modules alone is exported too.
    for symbol in ["vfs_mkdir", "vfs_secret"] {
        let line = format!("Only unexported: bindings::vfs_hidden, bindings::{symbol}");
        let result = without("vfs_hidden", &line).ask();
        let reason = format!("\n    takes_two: the kernel exports `bindings::{symbol}`, and this answer is for kernels that do not\n");
        assert!(result.err.contains(&reason), "{}", result.err);
    }
}

#[test]
fn what_is_no_function_of_the_kernel_is_not_unexported() {
    // An inline function, and a name that the bindings do not have.
    for name in ["dget", "vfs_hiden"] {
        let line = format!("Only unexported: bindings::vfs_hidden, bindings::{name}");
        let result = without("vfs_hidden", &line).ask();
        let reason = format!(
            "\n    takes_two: the kernel has no function `bindings::{name}` outside of this module, and this answer is \
             for kernels that have it and do not export it\n"
        );
        assert!(result.err.contains(&reason), "{}", result.err);
    }
}

#[test]
fn the_part_of_an_answer_that_needs_a_symbol_is_named() {
    let fixture = calling("vfs_mkdir");
    fixture.append("compat/shims/mkdir/takes_one.rs", "mod links;\n");
    fixture.write(
        "compat/shims/mkdir/takes_one/links.rs",
        "//! Links, for `link.rs`. More.\nbindings::signatures! { bindings::vfs_hidden: fn(u32) -> i32; }\n",
    );
    let result = fixture.ask();
    assert!(
        result.err.contains(
            "\n    takes_one: `vfs_hidden` is declared, but the kernel does not export it\n        wanted by compat/shims/mkdir/takes_one/links.rs: Links, for `link.rs`.\n"
        ),
        "{}",
        result.err
    );
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
