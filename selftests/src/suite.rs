// SPDX-License-Identifier: GPL-2.0

//! Runs one case: makes its directories, mounts the layer, runs it in both worlds, and gathers what is wrong.

use std::any::Any;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use crate::case::{Case, Outcome, Run, Stop};
use crate::compare::{self, limited};
use crate::layer::{Layer, Mounted};
use crate::namespace;
use crate::show::errno_name;
use crate::trace::{Step, Trace};
use crate::tree::{self, Detail};
use crate::world::World;

/// What a case about mounting gets: a directory of its own and the filesystem type.
#[derive(Debug)]
pub struct Bench {
    /// An empty directory on the lower filesystem.
    pub directory: PathBuf,
    /// The name of the filesystem type under test.
    pub filesystem: String,
}

/// Runs `case` over `layer` in the new directory `directory`; returns what is wrong, nothing if it passed.
pub fn run(case: &Case, layer: &dyn Layer, directory: &Path) -> Vec<String> {
    let result = match case.run {
        Run::Compared(act) => compared(act, layer, directory),
        Run::Mounting(act) => mounting(act, layer, directory),
    };
    match result {
        Ok(wrong) => limited(wrong),
        Err(complaint) => vec![complaint],
    }
}

fn mounting(
    act: fn(&Bench) -> Outcome,
    layer: &dyn Layer,
    directory: &Path,
) -> Result<Vec<String>, String> {
    let Some(filesystem) = layer.filesystem_type() else {
        return Err(format!(
            "{} is no filesystem type that could be mounted in other ways",
            layer.name()
        ));
    };
    make(directory)?;
    let bench = Bench {
        directory: directory.to_owned(),
        filesystem: filesystem.to_owned(),
    };
    Ok(isolated(|| act(&bench))
        .err()
        .into_iter()
        .map(|Stop(reason)| reason)
        .collect())
}

fn compared(
    act: fn(&World) -> Outcome,
    layer: &dyn Layer,
    directory: &Path,
) -> Result<Vec<String>, String> {
    // Both worlds lie equally deep and have names of equal length.
    let (native, lower, upper) = (
        directory.join("plain"),
        directory.join("lower"),
        directory.join("mount"),
    );
    for path in [directory, &native, &lower, &upper] {
        make(path)?;
    }
    let (native_steps, native_end) = in_world(act, &native, &native);
    if let Err(Stop(reason)) = native_end {
        let last = native_steps.last().map_or("nothing".into(), |step| {
            format!("{}: {}", step.op, step.result)
        });
        return Err(format!(
            "cannot run on a plain directory here: {reason} (the last step was {last})"
        ));
    }
    let mounted = Mounted::new(layer, &lower, &upper)
        .map_err(|refusal| format!("{} cannot be mounted: {}", layer.name(), refusal.sentence()))?;
    let (layered_steps, layered_end) = in_world(act, &upper, &lower);

    let mut wrong = compare::traces(layer.name(), &native_steps, &layered_steps);
    if let Err(Stop(reason)) = layered_end {
        wrong.push(format!(
            "{} could not go on to the end: {reason}",
            layer.name()
        ));
    }
    wrong.extend(two_views(&upper, &lower)?);
    if let Err(errno) = mounted.unmount() {
        wrong.push(format!(
            "umount at the end failed with {}: something is still held",
            errno_name(errno)
        ));
    }
    let (ours, theirs) = (
        tree::survey(&native, Detail::Shape)?,
        tree::survey(&lower, Detail::Shape)?,
    );
    wrong.extend(tree::differences(
        ("the plain directory", &ours),
        ("the lower directory", &theirs),
    ));
    Ok(wrong)
}

/// Compares the mounted view of a tree with the tree itself, in everything that can be seen of it.
fn two_views(upper: &Path, lower: &Path) -> Result<Vec<String>, String> {
    let look = || -> Result<_, String> {
        let (above, below) = (
            tree::survey(upper, Detail::Identity)?,
            tree::survey(lower, Detail::Identity)?,
        );
        Ok(tree::differences(
            ("the mount", &above),
            ("the lower directory", &below),
        ))
    };
    match look()? {
        equal if equal.is_empty() => Ok(equal),
        // The lower filesystem may allocate delayed blocks between the two surveys, but only once.
        differences if differences.iter().all(|line| line.contains(": blocks: ")) => look(),
        differences => Ok(differences),
    }
}

fn in_world(act: fn(&World) -> Outcome, root: &Path, beneath: &Path) -> (Vec<Step>, Outcome) {
    let trace = Trace::default();
    let end = isolated(|| act(&World::new(root, beneath, &trace)));
    (trace.into_steps(), end)
}

/// Runs a case in a thread of its own, with the usual umask and where a panic ends nothing but the case.
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
