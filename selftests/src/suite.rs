// SPDX-License-Identifier: GPL-2.0

//! Runs one case: creates its directories, mounts the layer, runs the case, and collects what is
//! wrong.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::ask;
use crate::case::{Case, Run};
use crate::clock::Clock;
use crate::compare::first_few;
use crate::fixture::{run_in_thread, Directories, Fixture, Scenario};
use crate::layer::{Layer, MountGuard};
use crate::outcome::{Failure, Outcome};
use crate::show::errno_name;
use crate::skipped;
use crate::tree::{self, Detail};

/// What all cases of a run share.
#[derive(Clone, Copy)]
pub struct Suite<'a> {
    /// The filesystem under test.
    pub layer: &'a dyn Layer,
    /// The directory in which each case gets one of its own name.
    pub directory: &'a Path,
    /// The program `base0fs-selftest`, which cases execute.
    pub program: &'a Path,
}

/// How often a case is run again because the clock was set.
const RETRIES: usize = 3;

impl Suite<'_> {
    /// Runs `case`. Returns what is wrong: nothing if the case passed.
    ///
    /// Cases compare times. A case that fails while the clock was set runs again.
    pub fn run(&self, case: &Case) -> Vec<String> {
        for attempt in 0.. {
            let directory = match attempt {
                0 => self.directory.join(case.name),
                again => self.directory.join(format!("{}.{again}", case.name)),
            };
            skipped::take_not_supported();
            let clock = Clock::now();
            let wrong = self.run_once(case, &directory);
            if wrong.is_empty() || attempt == RETRIES || !clock.was_set() {
                return wrong;
            }
        }
        unreachable!("the last attempt returns")
    }

    fn run_once(&self, case: &Case, directory: &Path) -> Vec<String> {
        if let Err(complaint) = create_dir(directory) {
            return vec![complaint];
        }
        let fixture = Fixture {
            layer: self.layer,
            directory,
            program: self.program,
            compares_access_times: ask::leaves_access_times(directory),
        };
        let reason = |outcome: Outcome| outcome.err().map(|Failure(reason)| reason);
        let result = match case.run {
            Run::Compared(scenario) => compare(&fixture, scenario),
            Run::Mounting(run) => Ok(Vec::from_iter(reason(run_in_thread(|| run(&fixture))))),
            Run::Configuring(run) => match self.layer.filesystem_type() {
                Some(filesystem) => {
                    let outcome = run_in_thread(|| run(&fixture, filesystem));
                    Ok(Vec::from_iter(reason(outcome)))
                }
                None => Err(format!("{} is not a filesystem type", self.layer.name())),
            },
        };
        result.unwrap_or_else(|complaint| vec![complaint])
    }
}

/// Runs `scenario` on a plain directory and through the mount, and makes the four comparisons that
/// README.md lists.
fn compare(fixture: &Fixture, scenario: Scenario) -> Result<Vec<String>, String> {
    // The paths have the same depth and length.
    let [plain, lower, upper] =
        ["plain", "lower", "mount"].map(|name| fixture.directory.join(name));
    for path in [&plain, &lower, &upper] {
        create_dir(path)?;
    }
    let layer = fixture.layer.name();
    let mounted = MountGuard::new(fixture.layer, &lower, &upper)
        .map_err(|error| format!("{layer} cannot be mounted: {}", error.describe()))?;
    let directories = Directories::new(&plain, &lower, &upper);
    let mut wrong = first_few(fixture.differences(directories, scenario)?);
    wrong.extend(first_few(
        compare_views(&upper, &lower).unwrap_or_else(|complaint| vec![complaint]),
    ));
    if let Err(errno) = mounted.unmount() {
        wrong.push(format!(
            "umount at the end failed with {}: something is still held",
            errno_name(errno)
        ));
    }
    wrong.extend(first_few(compare_remains(fixture, &plain, &lower)?));
    Ok(wrong)
}

/// Compares what is left in the two directories. Waits a moment for hidden names to go.
fn compare_remains(fixture: &Fixture, plain: &Path, lower: &Path) -> Result<Vec<String>, String> {
    const ATTEMPTS: usize = 50;
    const PAUSE: Duration = Duration::from_millis(100);
    let snapshot = |root: &Path| {
        let mut tree = tree::snapshot(root, Detail::TwoTrees)?;
        // The lower tree was read more often.
        if !fixture.compares_access_times {
            tree.forget_access_times();
        }
        Ok::<_, String>(tree)
    };
    let mut left = Vec::new();
    for _ in 0..ATTEMPTS {
        let (plain, lower) = (snapshot(plain)?, snapshot(lower)?);
        left = tree::differences(
            ("the plain directory", &plain),
            ("the lower directory", &lower),
        );
        let goes_on = plain.has_hidden_names() || lower.has_hidden_names();
        if left.is_empty() || !goes_on {
            break;
        }
        thread::sleep(PAUSE);
    }
    Ok(left)
}

/// Compares the tree as the mount shows it with the lower tree itself, in every visible property.
///
/// A lower filesystem may allocate delayed blocks at any time, which changes what stat(2) reports.
/// A difference therefore counts only if the lower tree was the same before and after.
pub fn compare_views(upper: &Path, lower: &Path) -> Result<Vec<String>, String> {
    const ATTEMPTS: usize = 20;
    let snapshot = |root: &Path| tree::snapshot(root, Detail::TwoViews);
    let mut before = snapshot(lower)?;
    for _ in 0..ATTEMPTS {
        let above = snapshot(upper)?;
        if above == before {
            return Ok(Vec::new());
        }
        let after = snapshot(lower)?;
        let differences = tree::differences(("the mount", &above), ("the lower directory", &after));
        if differences.is_empty() {
            return Ok(Vec::new());
        }
        if before == after {
            return Ok(differences);
        }
        before = after;
    }
    Err(format!(
        "the lower directory changed in each of {ATTEMPTS} snapshots"
    ))
}

/// Compares three trees: a plain directory with the lower one, and the lower one with the mount, as
/// [`compare_views`] does. The mount is looked at first, as it has the tree in its caches, and the
/// others must not differ from that afterwards.
pub fn compare_trees(plain: &Path, lower: &Path, upper: &Path) -> Result<Vec<String>, String> {
    let above = tree::snapshot(upper, Detail::TwoViews)?;
    let [below, left] = tree::snapshots(lower, [Detail::TwoViews, Detail::TwoTrees])?;
    let mut wrong = match above == below {
        true => Vec::new(),
        // Only the lower filesystem itself can have changed these in between.
        false if above.without_blocks() == below.without_blocks() => compare_views(upper, lower)?,
        false => tree::differences(("the mount", &above), ("the lower directory", &below)),
    };
    wrong.extend(tree::differences(
        (
            "the plain directory",
            &tree::snapshot(plain, Detail::TwoTrees)?,
        ),
        ("the lower directory", &left),
    ));
    Ok(wrong)
}

fn create_dir(path: &Path) -> Result<(), String> {
    fs::create_dir(path).map_err(|error| format!("{} cannot be created: {error}", path.display()))
}
