// SPDX-License-Identifier: GPL-2.0

//! Tests of the exploration: it finds a difference and shrinks it, finds none where there is none,
//! and its scripts can be read again. Needs root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base0fs_selftest::explore::engine::{Engine, Stop};
use base0fs_selftest::explore::known::{ABOVE_ALONE, KNOWN, LEFT_OUT, UNSTEADY};
use base0fs_selftest::explore::operation::Scope;
use base0fs_selftest::explore::search::{Finding, Limits, Search};
use base0fs_selftest::explore::stage::Site;
use base0fs_selftest::explore::variation::Variation;
use base0fs_selftest::explore::{draw, kinds, script};
use base0fs_selftest::layer::{Bind, Layer, MountError};
use base0fs_selftest::namespace;
use base0fs_selftest::scratch::Scratch;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use rustix::mount::{mount_remount, MountFlags};

/// A bind mount with flags that the lower mount does not have.
struct Flagged(MountFlags);

impl Layer for Flagged {
    fn name(&self) -> &str {
        "flagged"
    }

    fn mount(&self, source: &Path, target: &Path) -> Result<(), MountError> {
        Bind.mount(source, target)?;
        mount_remount(target, MountFlags::BIND | self.0, c"").expect("a bind mount can have flags");
        Ok(())
    }
}

fn program() -> PathBuf {
    env!("CARGO_BIN_EXE_base0fs-selftest").into()
}

/// Calls `test` with an engine, in a mount namespace of its own.
fn with_engine<R>(layer: &dyn Layer, test: impl FnOnce(&mut Engine) -> R) -> R {
    namespace::enter().expect("the tests of the suite need root");
    let scratch = Scratch::new(&std::env::temp_dir()).expect("the temporary directory is writable");
    scratch.make_suitable(false).unwrap();
    let site = Site::new(layer, Variation::Single, scratch.path()).unwrap();
    let mut engine = Engine::new(site, program());
    test(&mut engine)
}

fn first_finding(layer: &dyn Layer) -> Finding {
    let limits = Limits {
        steps: Some(20_000),
        time: None,
    };
    let found = with_engine(layer, |engine| Search::new(1).next(engine, limits));
    found.unwrap().expect("a finding")
}

#[test]
fn a_mount_that_follows_no_symbolic_links_is_found_with_one_link() {
    let finding = first_finding(&Flagged(MountFlags::NOSYMFOLLOW));
    let text = script::text(&finding.steps);
    assert!(finding.difference.what.contains("ELOOP"), "{finding:?}");
    assert!(text.contains("symlink"), "{text}");
    assert!(finding.steps.len() <= 4, "{text}");
}

#[test]
fn a_read_only_mount_is_found_with_one_step() {
    let finding = first_finding(&Flagged(MountFlags::RDONLY));
    assert!(finding.difference.what.contains("EROFS"), "{finding:?}");
    assert_eq!(finding.steps.len(), 1, "{}", script::text(&finding.steps));
}

#[test]
fn a_shrunk_script_finds_the_same_again() {
    let layer = Flagged(MountFlags::NOSYMFOLLOW);
    let finding = first_finding(&layer);
    let steps = script::parse(&script::text(&finding.steps)).unwrap();
    assert_eq!(steps, finding.steps);
    match with_engine(&layer, |engine| engine.run(&steps)) {
        Err(Stop::Differs(difference)) => assert_eq!(difference, finding.difference),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_bind_mount_has_no_difference() {
    let limits = Limits {
        steps: Some(3_000),
        time: None,
    };
    let found = with_engine(&Bind, |engine| Search::new(2).next(engine, limits)).unwrap();
    assert!(found.is_none(), "{found:?}");
}

#[test]
fn drawn_scripts_can_be_read_again() {
    let mut runner = TestRunner::deterministic();
    for _ in 0..50 {
        let steps = draw::scripts(100).new_tree(&mut runner).unwrap().current();
        assert_eq!(script::parse(&script::text(&steps)).unwrap(), steps);
    }
}

#[test]
fn every_operation_that_is_left_out_has_a_reason() {
    for kind in kinds::all().filter(|kind| kind.scope == Scope::AboveAlone) {
        let reason = ABOVE_ALONE.iter().find(|(name, _)| *name == kind.name);
        assert!(reason.is_some(), "{}", kind.name);
    }
}

#[test]
fn the_names_of_operations_are_unique() {
    let mut names: Vec<&str> = kinds::all().map(|kind| kind.name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn a_script_with_a_mistake_is_refused_with_its_line() {
    for (text, word) in [
        ("nobody mkdir /d 0755", "nobody"),
        ("root dance", "dance"),
        ("root mkdir /d", "arguments"),
        ("root mkdir /x 0755", "/x"),
    ] {
        let complaint = script::parse(&format!("# a comment\n\n{text}\n")).unwrap_err();
        assert!(complaint.contains("line 3"), "{complaint}");
        assert!(complaint.contains(word), "{complaint}");
    }
}

#[test]
fn the_documentation_has_every_known_difference() {
    let read = |name: &str| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../docs")
            .join(name);
        let text = fs::read_to_string(file).unwrap();
        // A sentence may go on in the next line.
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (behaviour, testing) = (read("behaviour.md"), read("testing.md"));
    let known = KNOWN.iter().map(|known| (known.name, known.words));
    let left_out = LEFT_OUT.iter().chain(ABOVE_ALONE).copied();
    for (name, words) in known.chain(left_out) {
        assert!(behaviour.contains(words), "{name}: {words}");
    }
    for (name, words) in UNSTEADY {
        assert!(testing.contains(words), "{name}: {words}");
    }
}

#[test]
fn replay_prints_every_result() {
    let file = std::env::temp_dir().join(format!("selftest-replay-{}", std::process::id()));
    fs::write(&file, "root mkdir /d 0755\nalice rmdir /d\ncompare\n").unwrap();
    let output = Command::new(program())
        .args(["explore", "--type", "bind", "--replay"])
        .arg(&file)
        .output()
        .unwrap();
    fs::remove_file(file).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(text, "root mkdir /d 0755: done\nalice rmdir /d: done\n");
}
