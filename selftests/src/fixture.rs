// SPDX-License-Identifier: GPL-2.0

//! What a case that mounts the layer itself works with: a directory, the layer, and the comparison
//! of a plain directory with a mounted one.

use std::any::Any;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use crate::compare::{self, first_few};
use crate::layer::{Layer, MountError, MountGuard};
use crate::namespace;
use crate::outcome::{Failure, Outcome};
use crate::skipped;
use crate::test_dir::TestDir;
use crate::trace::{Step, Trace};

/// An empty directory on the lower filesystem, and the layer to mount there.
#[derive(Clone, Copy)]
pub struct Fixture<'a> {
    /// The filesystem under test.
    pub layer: &'a dyn Layer,
    /// The case's own directory.
    pub directory: &'a Path,
    /// The program `base0fs-selftest`, which cases execute.
    pub program: &'a Path,
    /// Whether access times are compared. Where a server keeps them, they depend on what a client
    /// asks it, and so on what the client has cached.
    pub compares_access_times: bool,
}

/// The three directories of a comparison, all on one filesystem.
#[derive(Clone, Copy, Debug)]
pub struct Directories<'a> {
    /// The plain directory, which has no layer above it.
    pub plain: &'a Path,
    /// The lower directory.
    pub lower: &'a Path,
    /// The mountpoint, where the layer shows `lower`.
    pub upper: &'a Path,
}

/// What a case does in a directory.
pub type Scenario = fn(&TestDir) -> Outcome;

impl<'a> Directories<'a> {
    /// Names the three directories.
    pub fn new(plain: &'a Path, lower: &'a Path, upper: &'a Path) -> Self {
        Self {
            plain,
            lower,
            upper,
        }
    }

    /// The same, with the lower directory itself in the place of the mount.
    pub fn without_layer(self) -> Self {
        Self {
            upper: self.lower,
            ..self
        }
    }
}

impl Fixture<'_> {
    /// Creates a directory in the case's own.
    pub fn create_dir(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.directory.join(name);
        fs::create_dir(&path)
            .map_err(|error| Failure(format!("{} cannot be created: {error}", path.display())))?;
        Ok(path)
    }

    /// Creates several directories.
    pub fn create_dirs<const N: usize>(&self, names: [&str; N]) -> Result<[PathBuf; N], Failure> {
        names
            .iter()
            .try_for_each(|name| self.create_dir(name).map(drop))?;
        Ok(names.map(|name| self.directory.join(name)))
    }

    /// Mounts the layer.
    pub fn mount<'p>(&self, source: &Path, target: &'p Path) -> Result<MountGuard<'p>, Failure> {
        MountGuard::new(self.layer, source, target).map_err(Failure::from)
    }

    /// Runs `scenario` on the plain directory and on the mounted one. Fails if their records
    /// differ; `stage` names the part of the case in the message.
    pub fn compare(&self, stage: &str, directories: Directories, scenario: Scenario) -> Outcome {
        match self.differences(directories, scenario) {
            Ok(differences) if differences.is_empty() => Ok(()),
            Ok(differences) => Err(Failure(format!(
                "{stage}: {}",
                first_few(differences).join("\n")
            ))),
            Err(complaint) => Err(Failure(format!("{stage}: {complaint}"))),
        }
    }

    /// Runs `scenario` on the plain directory and on the mounted one. Returns how their records
    /// differ, or an error if the scenario fails on the plain directory already.
    pub fn differences(
        &self,
        directories: Directories,
        scenario: Scenario,
    ) -> Result<Vec<String>, String> {
        let Directories {
            plain,
            lower,
            upper,
        } = directories;
        let (on_plain, outcome) = self.run_on(plain, plain, scenario, Vec::new());
        if let Err(Failure(reason)) = outcome {
            let last = on_plain.last().map_or("nothing".into(), |step| {
                format!("{}: {}", step.op, step.result)
            });
            let complaint = format!("{reason} (the last step was {last})");
            skipped::cannot_run_below(&complaint);
            return Err(format!("cannot run on a plain directory here: {complaint}"));
        }
        let (on_mount, outcome) = self.run_on(upper, lower, scenario, on_plain.clone());
        let layer = self.layer.name();
        let mut differences = compare::traces(layer, &on_plain, &on_mount);
        if let Err(Failure(reason)) = outcome {
            differences.push(format!("{layer} could not finish: {reason}"));
        }
        Ok(differences)
    }

    /// Runs `scenario` on `root`, with `lower` as the directory below it. `reference` are the steps
    /// to compare with later.
    fn run_on(
        &self,
        root: &Path,
        lower: &Path,
        scenario: Scenario,
        reference: Vec<Step>,
    ) -> (Vec<Step>, Outcome) {
        let trace = Trace::with_reference(reference);
        let outcome = run_in_thread(|| {
            let dir = TestDir::new(root, lower, self.program, &trace);
            scenario(&dir.comparing_access_times(self.compares_access_times))
        });
        (trace.into_steps(), outcome)
    }
}

impl From<MountError> for Failure {
    fn from(error: MountError) -> Self {
        Failure(error.describe())
    }
}

/// Runs a case in a thread of its own. The thread has a umask (022) and a working directory of its
/// own, and a panic fails only this case.
pub fn run_in_thread(case: impl FnOnce() -> Outcome + Send) -> Outcome {
    let prepared = || {
        namespace::unshare_fs()?;
        rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
        case()
    };
    thread::scope(|scope| scope.spawn(prepared).join())
        .unwrap_or_else(|panic| Err(Failure(format!("panicked: {}", message(&*panic)))))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or("without a message".into())
}
