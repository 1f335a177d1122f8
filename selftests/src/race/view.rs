// SPDX-License-Identifier: GPL-2.0

//! What stands after two tasks have raced, as the mount and the lower directory show it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::fd::OwnedFd;
use rustix::fs::{fstat, lstat, open, Mode, OFlags, Stat};

use crate::scratch;
use crate::show::{errno_name, Show};
use crate::tree::{self, Detail, Snapshot};

/// The last names of paths that operations use.
const NAMES: &[&str] = &["d", "e", "f", "g", "l"];

/// All paths of one and two names.
pub fn names() -> impl Iterator<Item = String> {
    let one = NAMES.iter().map(|name| (*name).to_owned());
    let two = NAMES
        .iter()
        .flat_map(|first| NAMES.iter().map(move |second| format!("{first}/{second}")));
    one.chain(two)
}

/// The attributes that are equal in two views of a file.
pub fn attributes(stat: &Stat) -> String {
    format!(
        "{} size {} mtime {}.{:09} ctime {}.{:09}",
        stat.show(),
        stat.st_size,
        stat.st_mtime,
        stat.st_mtime_nsec,
        stat.st_ctime,
        stat.st_ctime_nsec
    )
}

/// Looks up all names above, as far as the mount has them in its caches, and compares them with the
/// lower directory. This comes before any listing: a listing looks up what is there, and so corrects
/// what the mount remembers of it.
pub fn compare_names(above: &Path, below: &Path) -> Vec<String> {
    let look = |root: &Path, name: &str| match lstat(root.join(name)) {
        Ok(stat) => format!("inode {} {}", stat.st_ino, attributes(&stat)),
        Err(errno) => errno_name(errno),
    };
    let compare = |name: String| {
        let (above, below) = (look(above, &name), look(below, &name));
        (above != below).then(|| format!("{name} is {above} above, and {below} below"))
    };
    names().filter_map(compare).collect()
}

/// Files of the lower tree that stay open over a race, by inode number. So their numbers stay
/// theirs, and their attributes can be read when they have no name any more.
#[derive(Debug, Default)]
pub struct Kept(BTreeMap<u64, OwnedFd>);

impl Kept {
    /// Opens all files of the tree.
    pub fn new(below: &Path) -> Self {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let files = names().filter_map(|name| open(below.join(name), flags, Mode::empty()).ok());
        let numbered = files.filter_map(|file| Some((fstat(&file).ok()?.st_ino, file)));
        Self(numbered.collect())
    }

    /// Compares what a task has told of its open files with these files.
    pub fn compare(&self, task: &str, told: &str) -> Vec<String> {
        let differs = |file: &str| {
            let (number, above) = file.split_once('=')?;
            let below = self.0.get(&number.parse().ok()?)?;
            let below = attributes(&fstat(below).ok()?);
            (above != below)
                .then(|| format!("what {task} has open is {above} above, and {below} below"))
        };
        told.split('|').filter_map(differs).collect()
    }
}

/// What is left in the end: files, locks and mounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    tree: Snapshot,
    /// The locks that the two tasks hold while they have everything open.
    locks: Vec<String>,
    mounts: Vec<PathBuf>,
}

impl Standing {
    /// The tree at `below`, with these locks and mounts.
    pub fn new(below: &Path, locks: Vec<String>, mounts: Vec<PathBuf>) -> Result<Self, String> {
        Ok(Self {
            tree: tree::snapshot(below, Detail::TwoTrees)?,
            locks,
            mounts,
        })
    }

    /// How this differs from what two tasks leave that run one after the other.
    pub fn differences(&self, serial: &Self) -> Vec<String> {
        let names = ("after the race", "without a race");
        let mut wrong = tree::differences((names.0, &self.tree), (names.1, &serial.tree));
        if self.locks != serial.locks {
            let [ours, theirs] = [&self.locks, &serial.locks].map(|locks| locks.join("; "));
            wrong.push(format!(
                "the locks are {ours} {}, and {theirs} {}",
                names.0, names.1
            ));
        }
        if self.mounts != serial.mounts {
            let (ours, theirs) = (&self.mounts, &serial.mounts);
            wrong.push(format!(
                "mounted are {ours:?} {}, and {theirs:?} {}",
                names.0, names.1
            ));
        }
        wrong
    }
}

/// The locks on files of the lower tree that processes of the list hold, each with the place of its
/// process in the list, as /proc/locks shows them.
pub fn locks(above: &Path, below: &Path, processes: &[u32]) -> Result<Vec<String>, String> {
    let mounts = scratch::mounts()
        .map_err(|error| format!("the table of mounts cannot be read: {error}."))?;
    let here = |mount: &&scratch::Mount| mount.point == above || mount.point == below;
    let devices: Vec<String> = mounts
        .iter()
        .filter(here)
        .map(|mount| mount.device.clone())
        .collect();
    let files: BTreeMap<u64, String> = names()
        .filter_map(|name| Some((lstat(below.join(&name)).ok()?.st_ino, name)))
        .collect();
    let table = fs::read_to_string("/proc/locks")
        .map_err(|error| format!("/proc/locks cannot be read: {error}."))?;
    let shown = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        // `NUMBER: KIND MODE TYPE PROCESS MAJOR:MINOR:INODE FIRST LAST`
        let [_, kind, _, access, process, inode, first, last] = words[..] else {
            return None;
        };
        let (device, inode) = inode.rsplit_once(':')?;
        let file = files.get(&inode.parse().ok()?)?;
        if !devices.contains(&in_decimal(device)?) {
            return None;
        }
        let holder = match process.parse::<u32>() {
            Ok(process) => {
                let at = processes.iter().position(|known| *known == process)?;
                format!("task {}", at + 1)
            }
            // A lock of an open file has no process.
            Err(_) => "a file".to_owned(),
        };
        Some(format!(
            "{kind} {access} of {file} from {first} to {last} by {holder}"
        ))
    };
    let mut locks: Vec<String> = table.lines().filter_map(shown).collect();
    locks.sort();
    // A lock that was taken through the mount is there twice.
    locks.dedup();
    Ok(locks)
}

/// A device as the table of mounts shows it: `MAJOR:MINOR`, which /proc/locks has in hexadecimal.
fn in_decimal(device: &str) -> Option<String> {
    let (major, minor) = device.split_once(':')?;
    let [major, minor] = [major, minor].map(|number| u32::from_str_radix(number, 16).ok());
    Some(format!("{}:{}", major?, minor?))
}
