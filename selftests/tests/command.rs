// SPDX-License-Identifier: GPL-2.0

//! Tests of the command line: options, refusals, exit statuses, and cleaning up.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use base0fs_selftest::cases::CASES;
use rustix::process::{kill_process, Pid, Signal};

fn selftest(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_base0fs-selftest"));
    command.args(arguments);
    command
}

/// Exit status, standard output and standard error of a run.
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

/// A directory of this test alone, for `--dir`.
fn own_directory(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("selftest-command-{name}-{}", std::process::id()));
    fs::create_dir_all(&path).unwrap();
    path
}

fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory).unwrap().next().is_none()
}

#[test]
fn list_prints_a_line_for_each_case() {
    let (code, list, _) = output(&["--list"]);
    assert_eq!(code, Some(0));
    assert_eq!(list.lines().count(), CASES.len());
    assert!(list.lines().all(|line| line.len() > 30), "{list}");
}

#[test]
fn list_succeeds_on_a_closed_pipe() {
    let (writer, reader) = UnixStream::pair().unwrap();
    drop(reader);
    let output = selftest(&["--list"])
        .stdout(OwnedFd::from(writer))
        .output()
        .unwrap();
    assert_eq!(text(output), (Some(0), String::new(), String::new()));
}

#[test]
fn both_version_options_print_the_version() {
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
fn every_case_names_the_risk_of_a_failure() {
    for case in CASES {
        assert!(case.risk.len() > 30, "{}", case.name);
    }
}

#[test]
fn refuses_an_unknown_case() {
    let (code, out, complaint) = output(&["--type", "bind", "--case", "nonsense"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(
        complaint.contains("nonsense") && complaint.contains("--list"),
        "{complaint}"
    );
}

#[test]
fn refuses_an_unknown_filesystem_and_says_what_to_do() {
    let (code, out, complaint) = output(&["--type", "nonsensefs"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(complaint.contains("insmod nonsensefs.ko"), "{complaint}");
}

#[test]
fn refuses_a_case_that_needs_a_filesystem_type_on_a_bind_mount() {
    let (code, _, complaint) = output(&["--type", "bind", "--case", "mount_options"]);
    assert_eq!(code, Some(2));
    assert!(complaint.contains("mount_options"), "{complaint}");
}

#[test]
fn refuses_users_other_than_root() {
    // Another user may not be allowed to search the build directory, but can execute this copy. A
    // child process writes it: if this process did, children of the other tests would inherit the
    // descriptor, and keep the copy from being executed (`ETXTBSY`) until they execute their own
    // program.
    let directory = own_directory("user");
    let program = directory.join("base0fs-selftest");
    let copied = Command::new("cp")
        .args([Path::new(env!("CARGO_BIN_EXE_base0fs-selftest")), &program])
        .status()
        .unwrap();
    assert!(copied.success());
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
fn refuses_a_scratch_place_that_does_not_exist() {
    let (code, _, complaint) = output(&["--type", "bind", "--dir", "/nowhere/at/all"]);
    assert_eq!(code, Some(2));
    assert!(complaint.contains("/nowhere/at/all"), "{complaint}");
}

#[test]
fn reports_a_single_case_and_cleans_up() {
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
fn keep_leaves_the_files() {
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

/// A run of all cases in `directory` that has reported the first of them.
fn begun(directory: &Path) -> (Child, BufReader<ChildStdout>) {
    let arguments = ["--type", "bind", "--dir", directory.to_str().unwrap()];
    let mut running = selftest(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut report = BufReader::new(running.stdout.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("ok 1 ") {
        line.clear();
        let length = report.read_line(&mut line).unwrap();
        assert_ne!(length, 0, "the run ended before its first result");
    }
    (running, report)
}

#[test]
fn an_interrupted_run_cleans_up_and_fails() {
    for signal in [Signal::INT, Signal::TERM] {
        let directory = own_directory("interrupted");
        let (mut running, mut report) = begun(&directory);
        kill_process(Pid::from_child(&running), signal).unwrap();
        let mut rest = String::new();
        report.read_to_string(&mut rest).unwrap();
        assert_eq!(running.wait().unwrap().code(), Some(128 + signal.as_raw()));
        assert!(rest.contains("# interrupted"), "{rest}");
        assert!(is_empty(&directory), "the scratch directory is still there");
        fs::remove_dir(directory).unwrap();
    }
}

#[test]
fn a_killed_run_leaves_nothing() {
    let directory = own_directory("killed");
    let (mut running, _report) = begun(&directory);
    running.kill().unwrap();
    running.wait().unwrap();
    // The janitor is no child of this process, so its end cannot be waited for.
    let limit = Instant::now() + Duration::from_secs(300);
    while !is_empty(&directory) {
        assert!(
            Instant::now() < limit,
            "the scratch directory is still there"
        );
        thread::sleep(Duration::from_millis(20));
    }
    fs::remove_dir(directory).unwrap();
}

#[test]
fn a_log_has_the_report_and_standard_output_the_verdict() {
    let directory = own_directory("log");
    let place = directory.to_str().unwrap();
    let log = directory.join("log");
    let mut arguments = vec!["--type", "bind", "--case", "lookup", "--dir", place];
    arguments.extend(["--progress", "--log", log.to_str().unwrap()]);
    let (code, verdict, progress) = output(&arguments);
    assert_eq!(code, Some(0));
    assert!(
        verdict.starts_with("base0fs-selftest: all 1 cases passed") && verdict.lines().count() == 1,
        "{verdict}"
    );
    assert_eq!(progress, "base0fs-selftest: running 1 cases.\n");
    assert!(fs::read_to_string(&log)
        .unwrap()
        .contains("\nok 1 lookup\n"));
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn json_is_one_line_that_other_programs_can_read() {
    let directory = own_directory("json");
    let place = directory.to_str().unwrap();
    let arguments = [
        "--type", "bind", "--case", "lookup", "--dir", place, "--json",
    ];
    let (code, report, _) = output(&arguments);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!((code, &report["verdict"]), (Some(0), &"passed".into()));
    assert_eq!(report["cases"][0]["name"], "lookup");
    fs::remove_dir(directory).unwrap();

    let (code, report, _) = output(&["--type", "nonsensefs", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(
        (code, &report["verdict"]),
        (Some(2), &"could not run".into())
    );
}

#[test]
fn refuses_a_verdict_about_another_module_than_the_loaded_one() {
    // A program has a build id as a module has. tmpfs is built into the kernel.
    let program = env!("CARGO_BIN_EXE_base0fs-selftest");
    for (layer, words) in [("tmpfs", "build"), ("bind", "bind")] {
        let (code, out, complaint) = output(&["--type", layer, "--module", program]);
        assert_eq!((code, out.as_str()), (Some(2), ""));
        assert!(complaint.contains(words), "{complaint}");
    }
}

#[test]
fn verify_is_about_all_cases_of_a_module() {
    for arguments in [
        &["--verify", "--case", "lookup"][..],
        &["--record", "/nowhere"],
        &["--verify", "--type", "bind"],
        &["--verify", "--type", "tmpfs"],
    ] {
        let (code, out, complaint) = output(arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(complaint.contains("--"), "{complaint}");
    }
}

#[test]
fn names_a_log_that_cannot_be_written() {
    let (code, _, complaint) = output(&["--type", "bind", "--log", "/nowhere/at/all"]);
    assert_eq!(code, Some(2));
    assert!(complaint.contains("/nowhere/at/all"), "{complaint}");
}
