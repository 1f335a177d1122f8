// SPDX-License-Identifier: GPL-2.0

//! Tests of the cases: each passes on a correct layer, and fails on some wrong one. Needs root.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base0fs_selftest::case::{Case, Run};
use base0fs_selftest::cases::CASES;
use base0fs_selftest::layer::{mount_with_options, Bind, Layer, MountError};
use base0fs_selftest::namespace;
use base0fs_selftest::outcome::Outcome;
use base0fs_selftest::scratch::Scratch;
use base0fs_selftest::suite::Suite;
use base0fs_selftest::test_dir::TestDir;
use rustix::mount::{mount_remount, MountFlags};

/// A layer that mounts by a function of this file.
struct TestLayer {
    name: &'static str,
    filesystem: Option<&'static str>,
    mount: fn(&Path, &Path) -> Result<(), MountError>,
}

impl Layer for TestLayer {
    fn name(&self) -> &str {
        self.name
    }

    fn filesystem_type(&self) -> Option<&str> {
        self.filesystem
    }

    fn mount(&self, source: &Path, target: &Path) -> Result<(), MountError> {
        (self.mount)(source, target)
    }
}

const ELSEWHERE: TestLayer = TestLayer {
    name: "elsewhere",
    filesystem: None,
    mount: elsewhere,
};

/// Wrong layers.
const WRONG: &[TestLayer] = &[
    TestLayer {
        name: "overlay",
        filesystem: None,
        mount: overlay,
    },
    ELSEWHERE,
    TestLayer {
        name: "read-only",
        filesystem: None,
        mount: read_only,
    },
    TestLayer {
        name: "without-flags",
        filesystem: None,
        mount: without_flags,
    },
    TestLayer {
        name: "tmpfs",
        filesystem: Some("tmpfs"),
        mount: tmpfs,
    },
];

/// Creates a directory next to `target`.
fn create_beside(target: &Path, name: &str) -> PathBuf {
    let path = target.with_file_name(name);
    fs::create_dir_all(&path).expect("the case's directory is writable");
    path
}

/// Shows another directory of the same filesystem. Every operation works, but none reaches the
/// lower directory.
fn elsewhere(_: &Path, target: &Path) -> Result<(), MountError> {
    Bind.mount(&create_beside(target, "elsewhere"), target)
}

/// Refuses every change.
fn read_only(source: &Path, target: &Path) -> Result<(), MountError> {
    Bind.mount(source, target)?;
    mount_remount(target, MountFlags::BIND | MountFlags::RDONLY, c"")
        .expect("a bind mount can be made read-only");
    Ok(())
}

/// Lacks the mount flags (nosuid, nodev, noexec and so on) of the lower mount.
fn without_flags(source: &Path, target: &Path) -> Result<(), MountError> {
    Bind.mount(source, target)?;
    mount_remount(target, MountFlags::BIND, c"").expect("a bind mount can lose its flags");
    Ok(())
}

/// Writes changes to a second directory, so that the lower one never changes.
fn overlay(source: &Path, target: &Path) -> Result<(), MountError> {
    let (upper, work) = (
        create_beside(target, "overlay-upper"),
        create_beside(target, "overlay-work"),
    );
    mount_with_options(
        "overlay",
        &[
            ("lowerdir", source),
            ("upperdir", &upper),
            ("workdir", &work),
        ],
        target,
    )
}

/// Shows an empty filesystem of another type, whatever the source.
fn tmpfs(source: &Path, target: &Path) -> Result<(), MountError> {
    mount_with_options("tmpfs", &[("source", source)], target)
}

/// A scratch directory, and a lock that lets one test run at a time. A child process holds copies
/// of all descriptors of this process until it executes its program. Until then a child of another
/// test would keep this test's mounts busy, and keep its programs from being executed (`ETXTBSY`).
struct LockedScratch {
    scratch: Scratch,
    _guard: MutexGuard<'static, ()>,
}

impl LockedScratch {
    fn path(&self) -> &Path {
        self.scratch.path()
    }
}

fn scratch() -> LockedScratch {
    static LOCK: Mutex<()> = Mutex::new(());
    let guard = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    namespace::enter().expect("the tests of the suite need root");
    let scratch = Scratch::new(&std::env::temp_dir());
    LockedScratch {
        scratch: scratch.expect("the temporary directory is writable"),
        _guard: guard,
    }
}

fn run(layer: &dyn Layer, directory: &Path, case: &Case) -> Vec<String> {
    let directory = directory.join(layer.name());
    fs::create_dir_all(&directory).expect("the scratch directory is writable");
    let program = Path::new(env!("CARGO_BIN_EXE_base0fs-selftest"));
    Suite {
        layer,
        directory: &directory,
        program,
    }
    .run(case)
}

/// Runs a case of a test's own on a bind mount.
fn run_scenario(name: &'static str, scenario: fn(&TestDir) -> Outcome) -> Vec<String> {
    let scratch = scratch();
    let case = Case {
        name,
        about: "",
        risk: "",
        run: Run::Compared(scenario),
    };
    run(&Bind, scratch.path(), &case)
}

/// Whether a case needs no filesystem type, which a bind mount is not.
fn runs_on_any_layer(case: &&Case) -> bool {
    !matches!(case.run, Run::Configuring(_))
}

fn assert_every_case_passes_on_a_bind_mount(directory: &Path) {
    for case in CASES.iter().filter(runs_on_any_layer) {
        let wrong = run(&Bind, directory, case);
        assert!(wrong.is_empty(), "{}: {wrong:#?}", case.name);
    }
}

#[test]
fn every_case_passes_on_a_bind_mount() {
    assert_every_case_passes_on_a_bind_mount(scratch().path());
}

#[test]
fn every_case_passes_on_a_bind_mount_over_tmpfs() {
    let scratch = scratch();
    mount_with_options(
        "tmpfs",
        &[("source", Path::new("selftest"))],
        scratch.path(),
    )
    .unwrap();
    assert_every_case_passes_on_a_bind_mount(scratch.path());
}

#[test]
fn every_case_fails_on_a_wrong_layer() {
    let scratch = scratch();
    for case in CASES {
        let fitting = |layer: &&TestLayer| runs_on_any_layer(&case) || layer.filesystem.is_some();
        let mut layers = WRONG.iter().filter(fitting);
        let caught = layers.find(|layer| !run(*layer, scratch.path(), case).is_empty());
        assert!(caught.is_some(), "no wrong layer makes {} fail", case.name);
    }
}

#[test]
fn every_compared_case_fails_on_a_layer_that_shows_another_directory() {
    let scratch = scratch();
    for case in CASES
        .iter()
        .filter(|case| matches!(case.run, Run::Compared(_)))
    {
        assert!(
            !run(&ELSEWHERE, scratch.path(), case).is_empty(),
            "{} passes",
            case.name
        );
    }
}

#[test]
fn a_case_that_panics_fails_and_leaves_no_mount() {
    fn panicking(dir: &TestDir) -> Outcome {
        dir.mkdir("d", 0o755)?;
        panic!("on purpose");
    }
    // The test enters a mount namespace, and reads its mount table after the case.
    let scratch = scratch();
    let case = Case {
        name: "panicking",
        about: "",
        risk: "",
        run: Run::Compared(panicking),
    };
    let wrong = run(&Bind, scratch.path(), &case);
    assert!(wrong[0].contains("on purpose"), "{wrong:?}");
    let table = fs::read_to_string("/proc/thread-self/mountinfo").unwrap();
    assert!(!table.contains("base0fs-selftest."), "{table}");
}

#[test]
fn a_case_that_leaves_a_file_open_fails_at_umount() {
    fn leaking(dir: &TestDir) -> Outcome {
        dir.write_file("f", b"")?;
        std::mem::forget(fs::File::open(dir.path("f"))?);
        Ok(())
    }
    let wrong = run_scenario("leaking", leaking);
    assert!(wrong.iter().any(|line| line.contains("EBUSY")), "{wrong:?}");
}

/// Whether a directory is the mounted one: see `suite::compare`.
fn is_mount(dir: &TestDir) -> bool {
    dir.path("").ends_with("mount")
}

#[test]
fn reports_both_results_on_a_difference() {
    fn different(dir: &TestDir) -> Outcome {
        fs::create_dir(dir.path("d"))?;
        dir.record("the mode", if is_mount(dir) { &0o700 } else { &0o755 });
        Ok(())
    }
    assert_eq!(
        run_scenario("different", different),
        ["step 1: the mode: the plain directory answers 493, bind 448"]
    );
}

#[test]
fn reports_a_difference_in_the_files_that_are_left() {
    fn different(dir: &TestDir) -> Outcome {
        fs::write(dir.path("f"), if is_mount(dir) { "one" } else { "two" })?;
        Ok(())
    }
    assert_eq!(
        run_scenario("different", different),
        ["f: content: the plain directory has \"two\", the lower directory \"one\""]
    );
}
