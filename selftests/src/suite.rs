// SPDX-License-Identifier: GPL-2.0

//! Runs one case: makes its directories, mounts the layer, runs it in both worlds, and gathers what
//! is wrong.

use std::any::Any;
use std::fs;
use std::path::Path;
use std::thread;

use crate::bench::Bench;
use crate::case::{Case, Outcome, Run, Stop};
use crate::clock::Clock;
use crate::compare::{self, limited};
use crate::layer::{Layer, Mounted};
use crate::namespace;
use crate::show::errno_name;
use crate::trace::{Step, Trace};
use crate::tree::{self, Detail};
use crate::world::World;

/// What all cases of a run share.
#[derive(Clone, Copy)]
pub struct Suite<'a> {
    /// The filesystem under test.
    pub layer: &'a dyn Layer,
    /// Where each case gets a directory of its own name.
    pub directory: &'a Path,
    /// The program `base0fs-selftest`, for cases that execute something.
    pub program: &'a Path,
}

/// The directories that a comparison takes place in. All are on the same filesystem.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The plain directory.
    pub plain: &'a Path,
    /// The directory below the layer.
    pub lower: &'a Path,
    /// Where the layer shows it.
    pub upper: &'a Path,
}

impl<'a> Places<'a> {
    /// The plain directory, the one below the layer, and where the layer shows that.
    pub fn new(plain: &'a Path, lower: &'a Path, upper: &'a Path) -> Self {
        Self {
            plain,
            lower,
            upper,
        }
    }

    /// The same without a layer between.
    pub fn bare(self) -> Self {
        Self {
            upper: self.lower,
            ..self
        }
    }
}

impl Suite<'_> {
    /// Runs `case`; returns what is wrong, nothing if it passed. A failure while somebody set the clock
    /// says nothing, since times are compared: the case is run again.
    pub fn run(&self, case: &Case) -> Vec<String> {
        for attempt in 0.. {
            let directory = match attempt {
                0 => self.directory.join(case.name),
                again => self.directory.join(format!("{}.{again}", case.name)),
            };
            let clock = Clock::now();
            let wrong = self.run_in(case, &directory);
            if wrong.is_empty() || attempt == 3 || !clock.was_set() {
                return wrong;
            }
        }
        unreachable!("the last attempt returns")
    }

    fn run_in(&self, case: &Case, directory: &Path) -> Vec<String> {
        let bench = Bench {
            suite: self,
            directory,
        };
        let end = |outcome: Outcome| {
            Ok(outcome
                .err()
                .into_iter()
                .map(|Stop(reason)| reason)
                .collect())
        };
        let result = make(directory).and_then(|()| match case.run {
            Run::Compared(act) => self.compared(act, directory),
            Run::Mounting(act) => end(isolated(|| act(&bench))),
            Run::Configuring(act) => match self.layer.filesystem_type() {
                Some(filesystem) => end(isolated(|| act(&bench, filesystem))),
                None => Err(format!("{} is no filesystem type", self.layer.name())),
            },
        });
        result.unwrap_or_else(|complaint| vec![complaint])
    }

    fn compared(
        &self,
        act: fn(&World) -> Outcome,
        directory: &Path,
    ) -> Result<Vec<String>, String> {
        // Both worlds lie equally deep and have names of equal length.
        let [plain, lower, upper] = ["plain", "lower", "mount"].map(|name| directory.join(name));
        let places = Places::new(&plain, &lower, &upper);
        [&plain, &lower, &upper]
            .into_iter()
            .try_for_each(|path| make(path))?;
        let mounted = Mounted::new(self.layer, &lower, &upper).map_err(|refusal| {
            format!(
                "{} cannot be mounted: {}",
                self.layer.name(),
                refusal.sentence()
            )
        })?;
        let mut wrong = limited(self.both(act, places)?);
        wrong.extend(limited(
            two_views(&upper, &lower).unwrap_or_else(|complaint| vec![complaint]),
        ));
        if let Err(errno) = mounted.unmount() {
            wrong.push(format!(
                "umount at the end failed with {}: something is still held",
                errno_name(errno)
            ));
        }
        let (ours, theirs) = (
            tree::survey(&plain, Detail::Shape)?,
            tree::survey(&lower, Detail::Shape)?,
        );
        let remains = tree::differences(
            ("the plain directory", &ours),
            ("the lower directory", &theirs),
        );
        wrong.extend(limited(remains));
        Ok(wrong)
    }

    /// Runs `act` in the plain directory and through the layer; returns how the answers differ.
    pub fn both(&self, act: fn(&World) -> Outcome, places: Places) -> Result<Vec<String>, String> {
        let (native, native_end) = self.in_world(act, places.plain, places.plain, Vec::new());
        if let Err(Stop(reason)) = native_end {
            let last = native.last().map_or("nothing".into(), |step| {
                format!("{}: {}", step.op, step.result)
            });
            return Err(format!(
                "cannot run on a plain directory here: {reason} (the last step was {last})"
            ));
        }
        let (layered, layered_end) = self.in_world(act, places.upper, places.lower, native.clone());
        let mut wrong = compare::traces(self.layer.name(), &native, &layered);
        if let Err(Stop(reason)) = layered_end {
            wrong.push(format!(
                "{} could not go on to the end: {reason}",
                self.layer.name()
            ));
        }
        Ok(wrong)
    }

    fn in_world(
        &self,
        act: fn(&World) -> Outcome,
        root: &Path,
        beneath: &Path,
        model: Vec<Step>,
    ) -> (Vec<Step>, Outcome) {
        let trace = Trace::after(model);
        let end = isolated(|| act(&World::new(root, beneath, self.program, &trace)));
        (trace.into_steps(), end)
    }
}

/// Compares the mounted view of a tree with the tree itself, in everything that can be seen of it.
///
/// A lower filesystem allocates delayed blocks when it wants to, so that what is below may change from
/// one look to the next: only where it has not, a difference is one of the layer.
fn two_views(upper: &Path, lower: &Path) -> Result<Vec<String>, String> {
    const LOOKS: usize = 20;
    let look = |root: &Path| tree::survey(root, Detail::Identity);
    let mut below = look(lower)?;
    for _ in 0..LOOKS {
        let (above, then) = (look(upper)?, look(lower)?);
        let differences = tree::differences(("the mount", &above), ("the lower directory", &then));
        if above == below || differences.is_empty() {
            return Ok(Vec::new());
        }
        if below == then {
            return Ok(differences);
        }
        below = then;
    }
    Err(format!(
        "the lower directory was never the same in two of {LOOKS} looks"
    ))
}

/// Runs a case in a thread of its own, with the usual umask and where a panic ends nothing but the
/// case.
fn isolated(act: impl FnOnce() -> Outcome + Send) -> Outcome {
    let prepared = || {
        namespace::own_umask()?;
        rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
        act()
    };
    thread::scope(|scope| scope.spawn(prepared).join())
        .unwrap_or_else(|panic| Err(Stop(format!("panicked: {}", message(&*panic)))))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or("without words".into())
}

fn make(path: &Path) -> Result<(), String> {
    fs::create_dir(path).map_err(|error| format!("{} cannot be made: {error}", path.display()))
}
