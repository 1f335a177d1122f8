// SPDX-License-Identifier: GPL-2.0

//! When a run compiles nothing, when it compiles everything, and what an unfinished run leaves.

mod fixture;

use fixture::{modification_times, real_compiler, Fixture, BINDINGS, ONE, SYMVERS};
use std::fs;

/// A fixture with counted compilations, flags in a file and a file of names.
fn counting() -> Fixture {
    let mut fixture = Fixture::new();
    fixture
        .flags
        .extend(["--cfg=x", "@more.args"].map(str::to_string));
    fixture.write("more.args", "--cfg=y\n");
    fixture.write("more.names", "vfs_mkdir");
    fixture.count_compilations();
    fixture
}

type Change = fn(&mut Fixture);

#[test]
fn a_second_run_compiles_nothing_and_writes_nothing() {
    let fixture = counting();
    fixture.expect_answers();
    assert_eq!(fixture.compilations(), 4, "two controls and two passes");
    let before = modification_times(&fixture.dir.join("gen"));
    let result = fixture.ask();
    assert_eq!(
        (result.status, result.out.as_str(), result.err.as_str()),
        (Some(0), "", "")
    );
    assert_eq!(fixture.compilations(), 0);
    assert_eq!(modification_times(&fixture.dir.join("gen")), before);
}

#[test]
fn every_input_that_can_change_an_answer_starts_a_new_run() {
    let changes: [(&str, Change); 17] = [
        ("the answer", |fixture| {
            fixture.append("compat/shims/mkdir/takes_one.rs", "\n")
        }),
        ("an answer that does not fit", |fixture| {
            fixture.append("compat/shims/mkdir/takes_two.rs", "\n")
        }),
        ("the question", |fixture| {
            fixture.append("compat/shims/mkdir.rs", "\n")
        }),
        ("the list of questions", |fixture| {
            fixture.append("compat/shims.rs", "\n")
        }),
        ("a support file", |fixture| {
            fixture.append("compat/raw.rs", "\n")
        }),
        ("a module of a support file", |fixture| {
            fixture.write("compat/raw/more.rs", "\n")
        }),
        ("a negative control", |fixture| {
            fixture.append("compat/shims/controls/arity.rs", "\n")
        }),
        ("another question", |fixture| {
            fixture.question("rmdir", &[("takes_one", ONE)])
        }),
        ("a flag", |fixture| {
            fixture.flags.push("--cfg=z".to_string())
        }),
        ("a file of flags", |fixture| {
            fixture.append("more.args", "--cfg=z\n")
        }),
        ("the bindings", |fixture| {
            fixture.write("gen/bindings.rs", &format!("{BINDINGS}\n"))
        }),
        ("the crate of the bindings", |fixture| {
            fixture.bindings(&BINDINGS.replace("d_flags: u32", "d_flags: u64"))
        }),
        ("the exported symbols", |fixture| {
            fixture.write(
                "Module.symvers",
                &format!("{SYMVERS}0x0\tx\tvmlinux\tEXPORT_SYMBOL\t\n"),
            )
        }),
        ("the list of files of names", |fixture| {
            fixture.options.push("--names=more.names".to_string())
        }),
        ("a file of names", |fixture| {
            fixture.append("more.names", "x")
        }),
        ("the environment", |fixture| {
            fixture
                .environment
                .push(("RUSTC_BOOTSTRAP".to_string(), "0".to_string()))
        }),
        ("the compiler", |fixture| {
            fixture.rustc = real_compiler();
            fixture.compiler("[ \"$1\" = -vV ] && exec echo rustc 1.99.0\necho compiled >>count\nexec $RUSTC \"$@\"");
        }),
    ];
    let mut fixture = counting();
    fixture.expect_answers();
    fixture.compilations();
    for (input, change) in changes {
        change(&mut fixture);
        fixture.expect_answers();
        assert!(fixture.compilations() >= 4, "{input}");
        fixture.expect_answers();
        assert_eq!(fixture.compilations(), 0, "{input}");
    }
}

#[test]
fn an_output_that_is_missing_or_changed_starts_a_new_run() {
    let fixture = counting();
    fixture.expect_answers();
    for name in [
        "compat.cfg",
        "compat.line",
        "compat_info.c",
        "compat.json",
        "compat.txt",
        "compat.log",
        "compat.key",
    ] {
        fixture.compilations();
        fs::remove_file(fixture.dir.join("gen").join(name)).unwrap();
        fixture.expect_answers();
        assert!(fixture.compilations() > 0, "{name} was missing");
        fixture.append(&format!("gen/{name}"), "x");
        fixture.expect_answers();
        assert!(fixture.compilations() > 0, "{name} was changed");
    }
}

#[test]
fn files_of_the_module_keep_their_times_if_the_answers_stay_the_same() {
    let fixture = Fixture::new();
    fixture.expect_answers();
    let of_the_module = |fixture: &Fixture| {
        let mut found = modification_times(&fixture.dir.join("gen"));
        found.retain(|(path, _)| {
            ["compat.cfg", "compat.line", "compat_info.c"]
                .iter()
                .any(|name| path.ends_with(name))
        });
        assert_eq!(found.len(), 3);
        found
    };
    let before = of_the_module(&fixture);
    fixture.append("compat/shims/mkdir/takes_two.rs", "\n");
    fixture.expect_answers();
    assert_eq!(of_the_module(&fixture), before);
}

#[test]
fn a_failed_run_removes_the_earlier_answers() {
    let mut fixture = Fixture::new();
    let rustc = fixture.rustc.clone();
    fixture.expect_answers();
    fixture.rustc = "no-such-rustc".to_string();
    fixture.expect_error("NotStarted");
    assert!(
        !fixture.read("gen/compat.log").contains("== pass_1"),
        "the earlier log"
    );
    fixture.rustc = rustc;
    fixture.expect_answers();
    fixture.append("compat/shims/mkdir/takes_one.rs", "typo");
    fixture.expect_error("InvalidSyntax");
}

#[test]
fn an_interrupted_run_leaves_no_answers() {
    let mut fixture = Fixture::new();
    fixture.expect_answers();
    // The compiler kills the process that has started it, and touches nothing afterwards.
    fixture
        .compiler("case \"$*\" in *pass_1.rs) kill -KILL $PPID; exit 1;; esac; exec $RUSTC \"$@\"");
    let result = fixture.ask();
    assert_eq!(result.status, None, "killed by a signal");
    for name in [
        "compat.cfg",
        "compat.line",
        "compat_info.c",
        "compat.json",
        "compat.txt",
        "compat.key",
    ] {
        assert!(!fixture.has(&format!("gen/{name}")), "{name}");
    }
    fixture.rustc = real_compiler();
    fixture.expect_answers();
}
