// SPDX-License-Identifier: GPL-2.0

//! Tests of the races: they find what does not hold, and find nothing where everything holds. Needs
//! root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base0fs_selftest::explore::stage::Site;
use base0fs_selftest::explore::variation::Variation;
use base0fs_selftest::layer::{Bind, Layer, MountError};
use base0fs_selftest::namespace;
use base0fs_selftest::race::course::Course;
use base0fs_selftest::race::pair::Pair;
use base0fs_selftest::race::stop::Stop;
use base0fs_selftest::race::tally::Tally;
use base0fs_selftest::scratch::Scratch;

/// Shows another directory than the lower one.
struct Elsewhere;

impl Layer for Elsewhere {
    fn name(&self) -> &str {
        "elsewhere"
    }

    fn mount(&self, _: &Path, target: &Path) -> Result<(), MountError> {
        let other = target.with_file_name("elsewhere");
        // The place is read-only, and this is a mount of its own.
        let other = match fs::create_dir(&other) {
            Ok(()) => other,
            Err(_) => std::env::temp_dir(),
        };
        Bind.mount(&other, target)
    }
}

fn program() -> PathBuf {
    env!("CARGO_BIN_EXE_base0fs-selftest").into()
}

fn race(layer: &dyn Layer, pair: &str, rounds: usize) -> (Result<(), Stop>, Tally) {
    namespace::enter().expect("the tests of the suite need root");
    let scratch = Scratch::new(&std::env::temp_dir()).expect("the temporary directory is writable");
    scratch.make_suitable(false).unwrap();
    let site = Site::new(layer, Variation::Single, scratch.path()).unwrap();
    let mut course = Course::new(site, program()).unwrap();
    let mut tally = Tally::new(1);
    let outcome = course.race(Pair::parse(pair).unwrap(), 1, rounds, &mut tally);
    (outcome, tally)
}

#[test]
fn a_bind_mount_passes() {
    for pair in [
        "rename+open",
        "unlink+write:below",
        "lock+lock",
        "chmod+setxattr:below",
    ] {
        let (outcome, tally) = race(&Bind, pair, 24);
        assert!(outcome.is_ok(), "{pair}: {outcome:?}");
        assert_eq!(tally.rounds, 24);
    }
}

#[test]
fn what_holds_is_judged() {
    // Both orders of these leave the same, so the race has to leave it too.
    let (outcome, tally) = race(&Bind, "fchmod+fchown", 24);
    assert!(outcome.is_ok(), "{outcome:?}");
    assert!(tally.judged > 0, "{tally}");
}

#[test]
fn a_mount_of_another_directory_is_found() {
    match race(&Elsewhere, "chmod+chown:below", 8).0 {
        Err(Stop::Wrong { what, hangs: false }) => assert!(what.contains("below"), "{what}"),
        other => panic!("{other:?}"),
    }
}

fn command(words: &[&str]) -> Output {
    Command::new(program())
        .arg("race")
        .args(words)
        .output()
        .unwrap()
}

#[test]
fn a_run_ends_after_its_rounds_and_prints_what_it_reached() {
    let output = command(&[
        "--type", "bind", "--seed", "3", "--rounds", "10", "--repeat", "5",
    ]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.starts_with("# seed 3\n"), "{text}");
    assert!(text.contains("# 10 rounds"), "{text}");
    assert!(text.contains("# 2 of "), "{text}");
    assert!(text.ends_with("# 0 findings\n"), "{text}");
}

#[test]
fn what_is_no_pair_is_refused() {
    let output = command(&["--pair", "open+dance"]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("dance"), "{text}");
}
