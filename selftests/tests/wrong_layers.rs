// SPDX-License-Identifier: GPL-2.0

//! Each case passes on a right layer and fails on a wrong one. Needs root, as the suite does.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base0fs_selftest::case::{Case, Outcome, Run};
use base0fs_selftest::cases::CASES;
use base0fs_selftest::layer::{configured_mount, Bind, Layer, Refusal};
use base0fs_selftest::namespace;
use base0fs_selftest::scratch::Scratch;
use base0fs_selftest::suite::Suite;
use base0fs_selftest::world::World;
use rustix::mount::{mount_remount, MountFlags};

/// A layer that a test makes of a function.
struct Made {
    name: &'static str,
    filesystem: Option<&'static str>,
    mount: fn(&Path, &Path) -> Result<(), Refusal>,
}

impl Layer for Made {
    fn name(&self) -> &str {
        self.name
    }

    fn filesystem_type(&self) -> Option<&str> {
        self.filesystem
    }

    fn mount(&self, source: &Path, target: &Path) -> Result<(), Refusal> {
        (self.mount)(source, target)
    }
}

/// Layers that are wrong, each in its way.
const WRONG: &[Made] = &[
    Made {
        name: "overlay",
        filesystem: None,
        mount: overlay,
    },
    Made {
        name: "elsewhere",
        filesystem: None,
        mount: elsewhere,
    },
    Made {
        name: "read-only",
        filesystem: None,
        mount: read_only,
    },
    Made {
        name: "forgetful",
        filesystem: None,
        mount: forgetful,
    },
    Made {
        name: "tmpfs",
        filesystem: Some("tmpfs"),
        mount: tmpfs,
    },
];

fn beside(target: &Path, name: &str) -> PathBuf {
    let path = target.with_file_name(name);
    fs::create_dir_all(&path).expect("the case's directory can be written");
    path
}

/// Shows another directory of the same filesystem: all works, and nothing reaches the lower
/// directory.
fn elsewhere(_: &Path, target: &Path) -> Result<(), Refusal> {
    Bind.mount(&beside(target, "elsewhere"), target)
}

fn read_only(source: &Path, target: &Path) -> Result<(), Refusal> {
    Bind.mount(source, target)?;
    mount_remount(target, MountFlags::BIND | MountFlags::RDONLY, c"")
        .expect("a bind mount can be made read-only");
    Ok(())
}

/// Forgets what the mount below forbids.
fn forgetful(source: &Path, target: &Path) -> Result<(), Refusal> {
    Bind.mount(source, target)?;
    mount_remount(target, MountFlags::BIND, c"").expect("a bind mount can lose its flags");
    Ok(())
}

/// Keeps what is written above to itself, in a second directory.
fn overlay(source: &Path, target: &Path) -> Result<(), Refusal> {
    let (upper, work) = (
        beside(target, "overlay-upper"),
        beside(target, "overlay-work"),
    );
    configured_mount(
        "overlay",
        &[
            ("lowerdir", source),
            ("upperdir", &upper),
            ("workdir", &work),
        ],
        target,
    )
}

/// Is another filesystem altogether, and takes any source.
fn tmpfs(source: &Path, target: &Path) -> Result<(), Refusal> {
    configured_mount("tmpfs", &[("source", source)], target)
}

/// A scratch directory, and the turn to use it: a process that one test starts holds the files of
/// all tests until it executes its program, and would keep their mounts busy.
struct Ground {
    scratch: Scratch,
    _turn: MutexGuard<'static, ()>,
}

impl Ground {
    fn path(&self) -> &Path {
        self.scratch.path()
    }
}

fn scratch() -> Ground {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    namespace::enter().expect("the tests of the suite need root");
    let scratch = Scratch::new(&std::env::temp_dir());
    Ground {
        scratch: scratch.expect("the temporary directory can be written"),
        _turn: turn,
    }
}

fn run(layer: &dyn Layer, directory: &Path, case: &Case) -> Vec<String> {
    let directory = directory.join(layer.name());
    fs::create_dir_all(&directory).expect("the scratch directory can be written");
    let program = Path::new(env!("CARGO_BIN_EXE_base0fs-selftest"));
    Suite {
        layer,
        directory: &directory,
        program,
    }
    .run(case)
}

fn for_any_layer(case: &&Case) -> bool {
    !matches!(case.run, Run::Configuring(_))
}

#[test]
fn every_case_passes_on_a_bind_mount() {
    let scratch = scratch();
    for case in CASES.iter().filter(for_any_layer) {
        let wrong = run(&Bind, scratch.path(), case);
        assert!(wrong.is_empty(), "{}: {wrong:#?}", case.name);
    }
}

#[test]
fn every_case_passes_on_a_bind_mount_over_tmpfs() {
    let scratch = scratch();
    configured_mount(
        "tmpfs",
        &[("source", Path::new("selftest"))],
        scratch.path(),
    )
    .unwrap();
    for case in CASES.iter().filter(for_any_layer) {
        let wrong = run(&Bind, scratch.path(), case);
        assert!(wrong.is_empty(), "{}: {wrong:#?}", case.name);
    }
}

#[test]
fn every_case_fails_on_a_wrong_layer() {
    let scratch = scratch();
    for case in CASES {
        let fitting = |layer: &&Made| for_any_layer(&case) || layer.filesystem.is_some();
        let mut layers = WRONG.iter().filter(fitting);
        let caught = layers.find(|layer| !run(*layer, scratch.path(), case).is_empty());
        assert!(caught.is_some(), "no wrong layer makes {} fail", case.name);
    }
}

#[test]
fn a_layer_that_writes_elsewhere_fails_every_compared_case() {
    let scratch = scratch();
    for case in CASES
        .iter()
        .filter(|case| matches!(case.run, Run::Compared(_)))
    {
        assert!(
            !run(&WRONG[1], scratch.path(), case).is_empty(),
            "{} did not notice",
            case.name
        );
    }
}

#[test]
fn a_case_that_panics_fails_and_leaves_nothing_mounted() {
    fn panicking(w: &World) -> Outcome {
        w.mkdir("d", 0o755)?;
        panic!("on purpose");
    }
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
    fn leaking(w: &World) -> Outcome {
        w.write_file("f", b"")?;
        std::mem::forget(fs::File::open(w.path("f"))?);
        Ok(())
    }
    let scratch = scratch();
    let case = Case {
        name: "leaking",
        about: "",
        risk: "",
        run: Run::Compared(leaking),
    };
    let wrong = run(&Bind, scratch.path(), &case);
    assert!(wrong.iter().any(|line| line.contains("EBUSY")), "{wrong:?}");
}

#[test]
fn an_answer_that_differs_is_told_with_both_answers() {
    fn different(w: &World) -> Outcome {
        let mode = if w.path("").ends_with("mount") {
            0o700
        } else {
            0o755
        };
        fs::DirBuilder::new().create(w.path("d"))?;
        w.note("the mode", &mode);
        Ok(())
    }
    let scratch = scratch();
    let wrong = run(
        &Bind,
        scratch.path(),
        &Case {
            name: "different",
            about: "",
            risk: "",
            run: Run::Compared(different),
        },
    );
    assert_eq!(
        wrong,
        ["step 1: the mode: the plain directory answers 493, bind 448"]
    );
}

#[test]
fn remains_that_differ_are_told() {
    fn different(w: &World) -> Outcome {
        let content = if w.path("").ends_with("mount") {
            "one"
        } else {
            "two"
        };
        fs::write(w.path("f"), content)?;
        Ok(())
    }
    let scratch = scratch();
    let wrong = run(
        &Bind,
        scratch.path(),
        &Case {
            name: "different",
            about: "",
            risk: "",
            run: Run::Compared(different),
        },
    );
    assert_eq!(
        wrong,
        ["f: content: the plain directory has \"two\", the lower directory \"one\""]
    );
}
