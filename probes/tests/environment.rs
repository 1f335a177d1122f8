// SPDX-License-Identifier: GPL-2.0

//! Compilers, files and command lines with which no statement about the kernel is possible.

mod fixture;

use fixture::{expect_success, CommandResult, Fixture};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

#[test]
fn a_missing_compiler_is_named_in_message_and_log() {
    let mut fixture = Fixture::new();
    fixture.rustc = "no-such-rustc".to_string();
    fixture.expect_message(
        "compat-probe: error: the compiler no-such-rustc cannot be started: No such file or directory (os error 2).\n\
         \x20   log:  gen/compat.log\n\
         \x20   next: Install the compiler that the kernel was built with, or name it (RUSTC=… for `make`).",
    );
    assert!(fixture
        .read("gen/compat.log")
        .contains("no-such-rustc cannot be started"));
}

#[test]
fn a_program_that_is_not_rustc_is_an_error() {
    let mut fixture = Fixture::new();
    fixture.compiler("echo cc 12.2.0");
    let result = fixture.expect_error("NotRustc");
    assert!(
        result.err.contains("\n    rustc: cc 12.2.0\n"),
        "{}",
        result.err
    );
}

#[test]
fn an_empty_unit_that_does_not_compile_is_an_error() {
    let mut fixture = Fixture::new();
    fixture.flags.push("--target=no-such-target".to_string());
    let result = fixture.expect_error("EmptyUnitRejected");
    assert!(result.err.contains("no-such-target"), "{}", result.err);
}

#[test]
fn a_crate_that_cannot_be_loaded_does_not_pass_for_something_that_the_kernel_lacks() {
    let fixture = Fixture::new();
    for text in ["not a crate", ""] {
        fixture.write("gen/libbindings.rmeta", text);
        let result = fixture.expect_error("EmptyUnitRejected");
        assert!(
            result.err.contains("rustc: error[E0786]")
                || result.err.contains("rustc: error[E0463]"),
            "{}",
            result.err
        );
    }
}

#[test]
fn a_compiler_that_accepts_everything_is_an_error() {
    let mut fixture = Fixture::new();
    fixture.compiler("[ \"$1\" = -vV ] && exec $RUSTC -vV; exit 0");
    fixture.expect_error("WrongUnitAccepted");
}

#[test]
fn a_compiler_that_rejects_everything_is_an_error() {
    let mut fixture = Fixture::new();
    fixture.compiler("[ \"$1\" = -vV ] && exec $RUSTC -vV; exit 3");
    let result = fixture.expect_error("EmptyUnitRejected");
    assert!(
        result.err.contains(
            "rustc: error: no error was printed, but the compiler ended with exit status: 3\n"
        ),
        "{}",
        result.err
    );
}

#[test]
fn a_compiler_that_rejects_for_another_reason_is_an_error() {
    let mut fixture = Fixture::new();
    fixture.compiler(
        "case \"$*\" in *wrong.rs) set -- --no-such-flag \"$@\";; esac; exec $RUSTC \"$@\"",
    );
    fixture.expect_error("WrongUnitMisjudged");
}

#[test]
fn a_compiler_whose_exit_status_is_lost_is_an_error() {
    let mut fixture = Fixture::new();
    fixture.compiler("$RUSTC \"$@\"; exit 0");
    fixture.expect_error("ErrorsWithSuccess");
}

#[test]
fn a_compiler_that_dies_in_the_last_pass_is_an_error() {
    let mut fixture = Fixture::new();
    fixture
        .compiler("case \"$*\" in *chosen.rs | *pass_3.rs) kill -9 $$;; esac; exec $RUSTC \"$@\"");
    let result = fixture.expect_error("ErrorWithoutFile");
    assert!(result.err.contains("signal: 9 (SIGKILL)"), "{}", result.err);
}

#[test]
fn a_crash_of_the_compiler_is_no_rejection() {
    let mut fixture = Fixture::new();
    fixture.compiler(
        "case \"$*\" in *pass_1.rs) echo '{\"message\":\"boom\",\"code\":null,\"level\":\"error: internal compiler error\",\"spans\":[],\"children\":[],\"rendered\":\"error: internal compiler error: boom\"}' >&2; exit 101;; esac; exec $RUSTC \"$@\"",
    );
    fixture.expect_error("Crashed");
}

#[test]
fn a_compiler_that_hangs_is_killed_with_what_it_has_started() {
    for hangs in ["-vV", "*pass_1.rs"] {
        let mut fixture = Fixture::new();
        // The script waits for another process.
        fixture.compiler(&format!(
            "case \"$*\" in {hangs}) sleep 1000; exit;; esac; exec $RUSTC \"$@\""
        ));
        fixture.options.push("--limit=2".to_string());
        let result = fixture.expect_error("Hangs");
        assert!(
            result
                .err
                .contains("did not end within 2 s, and was killed"),
            "{}",
            result.err
        );
    }
}

#[test]
fn bytes_that_a_terminal_would_obey_are_escaped() {
    let mut fixture = Fixture::new();
    fixture.compiler("printf 'cc \\033[2J\\302\\233x\\342\\200\\256\\n'");
    let result = fixture.expect_error("NotRustc");
    assert!(
        result
            .err
            .contains("\n    rustc: cc \\u{1b}[2J\\u{9b}x\\u{202e}\n"),
        "{:?}",
        result.err
    );
    // The table of an error has its message too.
    let table: CommandResult = fixture
        .command(&["table", "--out", "gen"])
        .output()
        .unwrap()
        .into();
    assert!(table.out.contains("\\u{1b}") && !table.out.contains('\u{1b}'));
}

#[test]
fn a_negative_control_that_is_accepted_is_an_error() {
    let fixture = Fixture::new();
    fixture.write(
        "compat/shims/controls/arity.rs",
        "//! A call with three arguments.\n//! Rejected with: E0061\npub(crate) unsafe fn wrong() -> i32 { unsafe { bindings::vfs_mkdir(1) } }\n",
    );
    fixture.expect_error("ControlAccepted");
    assert!(fixture
        .read("gen/compat.json")
        .contains("\"verdict\": \"not asked\""));
}

#[test]
fn a_negative_control_that_is_rejected_for_another_reason_is_an_error() {
    let fixture = Fixture::new();
    fixture.write(
        "compat/shims/controls/arity.rs",
        "//! A call with three arguments.\n//! Rejected with: E0061\npub(crate) unsafe fn wrong() -> u64 { unsafe { bindings::vfs_mkdir(1) } }\n",
    );
    let result = fixture.expect_error("ControlMisjudged");
    assert!(
        result
            .err
            .contains("\n    rustc: error[E0308]: mismatched types"),
        "{}",
        result.err
    );
}

#[test]
fn a_negative_control_without_its_error_is_an_error() {
    let fixture = Fixture::new();
    fixture.write(
        "compat/shims/controls/arity.rs",
        "//! A call with three arguments.\n",
    );
    fixture.expect_error("NoExpectedError");
}

#[test]
fn a_support_file_that_does_not_compile_is_no_fault_of_the_answers() {
    let fixture = Fixture::new();
    fixture.append(
        "compat/raw.rs",
        "pub(crate) fn broken() -> i32 { bindings::gone() }\n",
    );
    let result = fixture.expect_error("ErrorElsewhere");
    assert!(
        result.err.contains("(compat/raw.rs:3:43)"),
        "{}",
        result.err
    );
}

#[test]
fn a_support_file_in_another_directory_is_an_error() {
    let mut fixture = Fixture::new();
    fixture.write("elsewhere/more.rs", "");
    fixture
        .options
        .push("--support=elsewhere/more.rs".to_string());
    fixture.expect_error("SupportElsewhere");
}

#[test]
fn missing_bindings_and_symbols_are_named() {
    for file in ["gen/bindings.rs", "Module.symvers"] {
        let fixture = Fixture::new();
        std::fs::remove_file(fixture.dir.join(file)).unwrap();
        let result = fixture.expect_error("FileError");
        assert!(
            result.err.contains(&format!(
                "reading {file} failed: No such file or directory (os error 2).\n"
            )),
            "{}",
            result.err
        );
    }
}

#[test]
fn wrong_usage_ends_with_status_2_and_names_the_mistake() {
    let fixture = Fixture::new();
    for (arguments, mistake) in [
        (&[][..], "a subcommand is missing"),
        (&["answer"], "\"answer\" is not a subcommand"),
        (&["ask", "--out"], "--out needs a value"),
        (&["ask", "--out", "gen"], "--questions is missing"),
        (
            &["table", "--out", "a", "--out", "b"],
            "--out is given twice",
        ),
        (&["table", "--ou", "a"], "`--ou` is not one of --out"),
    ] {
        let result: CommandResult = fixture.command(arguments).output().unwrap().into();
        assert_eq!(
            result.err,
            format!("compat-probe: {mistake}; `compat-probe help` says how it is used.\n")
        );
        assert_eq!(result.status, Some(2));
    }
}

#[test]
fn the_version_is_the_packages() {
    let fixture = Fixture::new();
    for option in ["--version", "-V", "version"] {
        let result: CommandResult = fixture.command(&[option]).output().unwrap().into();
        let version = format!("compat-probe {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(
            (result.status, result.out, result.err),
            (Some(0), version, String::new()),
            "{option}"
        );
    }
}

#[test]
fn a_copy_of_the_directory_builds_alone() {
    let fixture = Fixture::new();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let copied = Command::new("cp")
        .args(["-R", "src", "Cargo.toml"])
        .arg(&fixture.dir)
        .current_dir(sources)
        .status();
    assert!(copied.unwrap().success());
    let built = Command::new("rustc")
        .args([
            "--edition=2021",
            "--crate-type=rlib",
            "--crate-name=compat_probe",
        ])
        .args(["--emit=metadata", "src/lib.rs"])
        .current_dir(&fixture.dir)
        .output()
        .unwrap();
    expect_success(&built);
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let (writer, reader) = UnixStream::pair().unwrap();
    drop(reader);
    let mut command = Fixture::new().command(&["help"]);
    let result: CommandResult = command
        .stdout(OwnedFd::from(writer))
        .current_dir("/")
        .output()
        .unwrap()
        .into();
    assert_eq!((result.status, result.err.as_str()), (Some(0), ""));
}
