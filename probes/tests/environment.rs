// SPDX-License-Identifier: GPL-2.0

//! Surroundings in which nothing that the compiler says would prove anything.

mod world;

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use world::World;

#[test]
fn a_compiler_that_is_not_there_is_named() {
    let mut world = World::new();
    world.rustc = "no-such-rustc".to_string();
    world.stopped(
        "compat-probe: environment broken: the compiler no-such-rustc cannot be started: No such file or directory (os error 2).\n\
         \x20   log:  gen/compat.log\n\
         \x20   next: Install the compiler that the kernel was built with, or name it (RUSTC=… for `make`).",
    );
    assert!(world
        .read("gen/compat.log")
        .contains("no-such-rustc cannot be started"));
}

#[test]
fn a_program_that_is_no_rustc_is_refused() {
    let mut world = World::new();
    world.compiler("echo cc 12.2.0");
    world.stopped(
        "compat-probe: environment broken: ./compiler does not say with `-vV` which rustc it is (exit status: 0).\n\
         \x20   rustc: cc 12.2.0\n\
         \x20   log:  gen/compat.log\n\
         \x20   next: Name the compiler that the kernel was built with (RUSTC=… for `make`).",
    );
}

#[test]
fn an_empty_unit_that_does_not_compile_stops_everything() {
    let mut world = World::new();
    world.flags.push("--target=no-such-target".to_string());
    let ran = world.ask();
    let (what, rest) = ran.err.split_once("\n    rustc: ").unwrap();
    assert_eq!(
        what,
        "compat-probe: environment broken: an empty unit does not compile with the flags of the kernel's build, so a rejected answer would prove nothing."
    );
    assert!(rest.contains("no-such-target"), "{rest}");
    assert!(rest.ends_with(
        "\n    log:  gen/compat.log\n    next: Make compiler, flags and the kernel's Rust metadata agree: it has to be the compiler that the kernel was built with.\n"
    ));
    assert_eq!(ran.status, Some(1));
    world.no_answers();
}

#[test]
fn a_crate_that_cannot_be_loaded_is_not_taken_for_something_the_kernel_lacks() {
    let world = World::new();
    for text in ["not a crate", ""] {
        world.write("gen/libbindings.rmeta", text);
        let ran = world.ask();
        assert!(
            ran.err
                .contains("environment broken: an empty unit does not compile"),
            "{}",
            ran.err
        );
        assert!(
            ran.err.contains("rustc: error[E0786]") || ran.err.contains("rustc: error[E0463]"),
            "{}",
            ran.err
        );
        world.no_answers();
    }
}

#[test]
fn a_compiler_that_accepts_everything_is_found_out() {
    let mut world = World::new();
    world.compiler("[ \"$1\" = -vV ] && exec $RUSTC -vV; exit 0");
    world.stopped(
        "compat-probe: environment broken: ./compiler accepts a unit with a text in the place of a number, so an accepted answer would prove nothing.\n\
         \x20   log:  gen/compat.log\n\
         \x20   next: Look at what the name of the compiler stands for here: a wrapper must pass on the compiler's errors and exit status.",
    );
}

#[test]
fn a_compiler_that_rejects_everything_is_found_out() {
    let mut world = World::new();
    world.compiler("[ \"$1\" = -vV ] && exec $RUSTC -vV; exit 3");
    let ran = world.ask();
    assert!(
        ran.err.contains("an empty unit does not compile"),
        "{}",
        ran.err
    );
    assert!(
        ran.err.contains(
            "rustc: error: no error was printed, but the compiler ended with exit status: 3\n"
        ),
        "{}",
        ran.err
    );
}

#[test]
fn a_compiler_whose_exit_status_is_lost_is_found_out() {
    let mut world = World::new();
    world.compiler("$RUSTC \"$@\"; exit 0");
    let ran = world.ask();
    assert!(
        ran.err
            .contains("prints errors about the unit `wrong` and yet ends with success"),
        "{}",
        ran.err
    );
    world.no_answers();
}

#[test]
fn a_compiler_that_dies_in_the_main_pass_yields_no_answer() {
    let mut world = World::new();
    world.compiler("case \"$*\" in *pass_2.rs) kill -9 $$;; esac; exec $RUSTC \"$@\"");
    world.stopped(
        "compat-probe: environment broken: the compiler fails over the answers and names no file.\n\
         \x20   rustc: error: no error was printed, but the compiler ended with signal: 9 (SIGKILL)\n\
         \x20   log:  gen/compat.log\n\
         \x20   next: Look for the cause in the log, and run `make` again when the machine has memory and room on its disks.",
    );
}

#[test]
fn a_crash_of_the_compiler_is_no_rejection() {
    let mut world = World::new();
    world.compiler(
        "case \"$*\" in *pass_1.rs) echo '{\"message\":\"boom\",\"code\":null,\"level\":\"error: internal compiler error\",\"spans\":[],\"children\":[],\"rendered\":\"error: internal compiler error: boom\"}' >&2; exit 101;; esac; exec $RUSTC \"$@\"",
    );
    let ran = world.ask();
    assert!(
        ran.err
            .contains("environment broken: the compiler crashed on the unit `pass_1`"),
        "{}",
        ran.err
    );
    world.no_answers();
}

#[test]
fn a_wrong_twin_that_is_accepted_stops_everything() {
    let world = World::new();
    world.write(
        "compat/shims/controls/arity.rs",
        "//! A call with three arguments.\n//! Rejected with: E0061\npub(crate) unsafe fn wrong() -> i32 { unsafe { bindings::vfs_mkdir(1) } }\n",
    );
    world.stopped(
        "compat-probe: environment broken: the wrong twin compat/shims/controls/arity.rs is accepted, so an accepted answer of its family would prove nothing.\n\
         \x20   log:  gen/compat.log\n\
         \x20   next: Look at what the twin names in the bindings: they have to carry the kernel's types; if the kernel has come to allow what is wrong in it, make the twin wrong in another way.",
    );
    assert!(world
        .read("gen/compat.json")
        .contains("\"verdict\": \"not asked\""));
}

#[test]
fn a_wrong_twin_that_is_rejected_for_another_reason_stops_everything() {
    let world = World::new();
    world.write(
        "compat/shims/controls/arity.rs",
        "//! A call with three arguments.\n//! Rejected with: E0061\npub(crate) unsafe fn wrong() -> u64 { unsafe { bindings::vfs_mkdir(1) } }\n",
    );
    let ran = world.ask();
    assert!(
        ran.err.starts_with("compat-probe: environment broken: the wrong twin compat/shims/controls/arity.rs is rejected, but not with E0061.\n    rustc: error[E0308]: mismatched types"),
        "{}", ran.err
    );
    world.no_answers();
}

#[test]
fn a_wrong_twin_says_how_it_is_rejected() {
    let world = World::new();
    world.write(
        "compat/shims/controls/arity.rs",
        "//! A call with three arguments.\n",
    );
    let ran = world.ask();
    assert!(
        ran.err
            .contains("does not say with which error it is rejected"),
        "{}",
        ran.err
    );
    world.no_answers();
}

#[test]
fn a_support_file_that_does_not_compile_is_no_fault_of_the_answers() {
    let world = World::new();
    world.append(
        "compat/raw.rs",
        "pub(crate) fn broken() -> i32 { bindings::gone() }\n",
    );
    let ran = world.ask();
    assert!(
        ran.err
            .contains("the compiler reports an error that lies in no answer file"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("(compat/raw.rs:3:43)"), "{}", ran.err);
    world.no_answers();
}

#[test]
fn bindings_or_symbols_that_are_not_there_are_named() {
    for (file, next) in [
        ("gen/bindings.rs", "Run bindgen first; `make` does."),
        (
            "Module.symvers",
            "Give the Module.symvers that the kernel's build has made.",
        ),
    ] {
        let world = World::new();
        std::fs::remove_file(world.dir.join(file)).unwrap();
        world.stopped(&format!(
            "compat-probe: environment broken: reading {file} failed: No such file or directory (os error 2).\n    log:  gen/compat.log\n    next: {next}"
        ));
    }
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_wrong() {
    let world = World::new();
    for (arguments, mistake) in [
        (&[][..], "a subcommand is missing"),
        (&["answer"], "\"answer\" is no subcommand"),
        (&["ask", "--out"], "--out needs a value"),
        (&["ask", "--out", "gen"], "--questions is missing"),
        (
            &["table", "--out", "a", "--out", "b"],
            "--out is given twice",
        ),
        (&["table", "--ou", "a"], "`--ou` is none of --out"),
    ] {
        let ran: world::Ran = world.command(arguments).output().unwrap().into();
        assert_eq!(
            ran.err,
            format!("compat-probe: {mistake}; `compat-probe help` says how it is used.\n")
        );
        assert_eq!(ran.status, Some(2));
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let world = World::new();
    for option in ["--version", "-V", "version"] {
        let ran: world::Ran = world.command(&[option]).output().unwrap().into();
        let version = format!("compat-probe {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(
            (ran.status, ran.out, ran.err),
            (Some(0), version, String::new()),
            "{option}"
        );
    }
}

#[test]
fn a_reader_may_have_seen_enough() {
    let (writer, reader) = UnixStream::pair().unwrap();
    drop(reader);
    let mut command = World::new().command(&["help"]);
    let ran: world::Ran = command
        .stdout(OwnedFd::from(writer))
        .current_dir("/")
        .output()
        .unwrap()
        .into();
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
}
