// SPDX-License-Identifier: GPL-2.0

//! The command line: what it refuses, and how it ends.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rustix::process::{kill_process, Pid, Signal};

fn selftest(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_base0fs-selftest"));
    command.args(arguments);
    command
}

fn output(arguments: &[&str]) -> (Option<i32>, String, String) {
    text(selftest(arguments).output().unwrap())
}

fn text(output: Output) -> (Option<i32>, String, String) {
    let words = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        words(output.stdout),
        words(output.stderr),
    )
}

/// A directory of this test alone, in which a run has its scratch directory.
fn own_directory(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("selftest-command-{name}-{}", std::process::id()));
    fs::create_dir_all(&path).unwrap();
    path
}

fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory).unwrap().next().is_none()
}

#[test]
fn the_list_names_every_case_with_a_line_about_it() {
    let (code, list, _) = output(&["--list"]);
    assert_eq!(code, Some(0));
    assert!(list.lines().count() >= 25, "{list}");
    assert!(list.lines().all(|line| line.len() > 30), "{list}");
}

#[test]
fn a_reader_of_the_list_may_have_seen_enough() {
    let (writer, reader) = UnixStream::pair().unwrap();
    drop(reader);
    let output = selftest(&["--list"])
        .stdout(OwnedFd::from(writer))
        .output()
        .unwrap();
    assert_eq!(text(output), (Some(0), String::new(), String::new()));
}

#[test]
fn the_version_is_told_by_either_option() {
    let version = format!("base0fs-selftest {}\n", env!("CARGO_PKG_VERSION"));
    for option in ["-V", "--version"] {
        assert_eq!(
            output(&[option]),
            (Some(0), version.clone(), String::new()),
            "{option}"
        );
    }
}

#[test]
fn every_case_says_what_its_failure_means() {
    for case in base0fs_selftest::cases::CASES {
        assert!(case.risk.len() > 30, "{}", case.name);
    }
}

#[test]
fn an_unknown_case_is_refused() {
    let (code, out, complaint) = output(&["--type", "bind", "--case", "nonsense"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(
        complaint.contains("nonsense") && complaint.contains("--list"),
        "{complaint}"
    );
}

#[test]
fn an_unknown_filesystem_is_refused_with_what_to_do() {
    let (code, out, complaint) = output(&["--type", "nonsensefs"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(complaint.contains("insmod nonsensefs.ko"), "{complaint}");
}

#[test]
fn a_case_without_use_is_refused() {
    let (code, _, complaint) = output(&["--type", "bind", "--case", "mount_options"]);
    assert_eq!(code, Some(2));
    assert!(complaint.contains("mount_options"), "{complaint}");
}

#[test]
fn another_user_than_root_is_refused() {
    // The build directory may be closed to others, so that the program lies open elsewhere.
    let directory = own_directory("user");
    let program = directory.join("base0fs-selftest");
    fs::copy(env!("CARGO_BIN_EXE_base0fs-selftest"), &program).unwrap();
    let mut command = Command::new(&program);
    let (code, _, complaint) = text(
        command
            .args(["--type", "bind"])
            .uid(65_534)
            .gid(65_534)
            .output()
            .unwrap(),
    );
    fs::remove_dir_all(directory).unwrap();
    assert_eq!(code, Some(2));
    assert!(complaint.contains("root"), "{complaint}");
}

#[test]
fn a_scratch_place_that_does_not_exist_is_refused() {
    let (code, _, complaint) = output(&["--type", "bind", "--dir", "/nowhere/at/all"]);
    assert_eq!(code, Some(2));
    assert!(complaint.contains("/nowhere/at/all"), "{complaint}");
}

#[test]
fn one_case_gives_a_report_of_one_and_leaves_nothing() {
    let directory = own_directory("one");
    let arguments = [
        "--type",
        "bind",
        "--case",
        "lookup",
        "--dir",
        directory.to_str().unwrap(),
    ];
    let (code, report, _) = output(&arguments);
    assert_eq!(code, Some(0), "{report}");
    assert!(
        report.starts_with("KTAP version 1\n1..1\n") && report.contains("\nok 1 lookup\n"),
        "{report}"
    );
    assert!(is_empty(&directory));
    fs::remove_dir(directory).unwrap();
}

#[test]
fn files_are_kept_on_request() {
    let directory = own_directory("keep");
    let arguments = [
        "--type",
        "bind",
        "--case",
        "link",
        "--keep",
        "--dir",
        directory.to_str().unwrap(),
    ];
    assert_eq!(output(&arguments).0, Some(0));
    let scratch = fs::read_dir(&directory)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    assert!(scratch.join("link/lower/one").exists());
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_run_that_is_interrupted_cleans_up_and_does_not_succeed() {
    for signal in [Signal::INT, Signal::TERM] {
        let directory = own_directory("interrupted");
        let arguments = ["--type", "bind", "--dir", directory.to_str().unwrap()];
        let mut running = selftest(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut report = BufReader::new(running.stdout.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("ok 1 ") {
            line.clear();
            assert_ne!(
                report.read_line(&mut line).unwrap(),
                0,
                "the run ended before it was interrupted"
            );
        }
        kill_process(Pid::from_child(&running), signal).unwrap();
        let mut rest = String::new();
        report.read_to_string(&mut rest).unwrap();
        assert!(!running.wait().unwrap().success());
        assert!(rest.contains("# interrupted"), "{rest}");
        assert!(is_empty(&directory), "the scratch directory is still there");
        fs::remove_dir(directory).unwrap();
    }
}
