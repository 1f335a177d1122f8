// SPDX-License-Identifier: GPL-2.0

//! The small tree that two operations meet in, and how it came to be.
//!
//! It holds files `a`, `b`, `e/f` and `s/g`, each with one more name outside it, and the directories `d` (empty), `e`
//! and `s`. Its history decides what the mount remembers of it, and makes no difference below.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{open, statat, AtFlags, Mode, OFlags};

use crate::place::{Place, Side};
use crate::random::Random;
use crate::tree::Identities;

/// Each file or directory: its name, and what it is called in results.
const FILES: &[(&str, &str)] = &[("a", "A"), ("b", "B"), ("e/f", "F"), ("s/g", "G")];
const DIRECTORIES: &[(&str, &str)] = &[("d", "D"), ("e", "E"), ("s", "S")];

/// A tree that was set up.
#[derive(Debug)]
pub struct SetUp {
    pub above: OwnedFd,
    pub below: OwnedFd,
    pub identities: Identities,
    /// What the mount was shown before.
    pub history: String,
    root: PathBuf,
    /// Keeps the files in being, so that none of their numbers is used again.
    _held: Vec<OwnedFd>,
}

/// Opens a directory or file by path alone.
fn handle(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(open(path, flags, Mode::empty())?)
}

impl SetUp {
    /// Makes the tree, everything from below.
    pub fn plain(place: &Place) -> Self {
        Self::make(place, None).expect("the tree can be made below")
    }

    /// Makes the tree by a history that `random` chooses.
    ///
    /// Errors: a sentence about the step that failed; each would have succeeded below.
    pub fn random(place: &Place, random: &mut Random) -> Result<Self, String> {
        Self::make(place, Some(random))
    }

    fn make(place: &Place, mut random: Option<&mut Random>) -> Result<Self, String> {
        let place = place.make("tree");
        let mut root = || match &mut random {
            Some(random) => place.on(*random.of(&[Side::Above, Side::Below])),
            None => &place.below,
        };
        for (name, _) in DIRECTORIES {
            step(fs::create_dir(root().join(name)), || format!("{name} made"))?;
        }
        for (name, _) in FILES {
            step(fs::write(root().join(name), ""), || format!("{name} made"))?;
        }
        let history = match random {
            Some(random) => history(&place, random)?,
            None => String::new(),
        };
        let done = "the tree can be looked at below";
        // The other names lie outside the tree.
        let keep = place.below.with_extension("keep");
        let _ = fs::remove_dir_all(&keep);
        fs::create_dir(&keep).expect(done);
        let mut identities = Identities::default();
        let mut held = Vec::new();
        for (name, label) in FILES.iter().chain(DIRECTORIES) {
            let file = handle(&place.below.join(name))
                .map_err(|error| format!("{name} below, after {history}: {error}"))?;
            let stat = statat(&file, "", AtFlags::EMPTY_PATH).expect(done);
            identities.add(&stat, label);
            held.push(file);
        }
        for (name, label) in FILES {
            fs::hard_link(place.below.join(name), keep.join(label)).expect(done);
        }
        // The last tree had this name as well, and was removed below.
        let above = handle(&place.above)
            .map_err(|error| format!("the tree that was made below: {error}"))?;
        Ok(Self {
            above,
            below: handle(&place.below).expect(done),
            identities,
            history,
            root: place.below,
            _held: held,
        })
    }

    /// The tree from one of its sides.
    pub fn on(&self, side: Side) -> &OwnedFd {
        match side {
            Side::Above => &self.above,
            Side::Below => &self.below,
        }
    }

    /// Removes all of it.
    pub fn clear(self) {
        let keep = self.root.with_extension("keep");
        for directory in [&self.root, &keep] {
            fs::remove_dir_all(directory).expect("what was set up can be removed below");
        }
    }
}

/// Tells of a step that had to succeed and did not.
fn step<R>(result: io::Result<R>, what: impl Fn() -> String) -> Result<String, String> {
    match result {
        Ok(_) => Ok(what()),
        Err(error) => Err(format!("{}: {error}", what())),
    }
}

/// Has the mount see, or do, something that leaves the tree below as it was. Says what.
fn history(place: &Place, random: &mut Random) -> Result<String, String> {
    let (above, below) = (&place.above, &place.below);
    let mut said = Vec::new();
    for _ in 0..random.below(3) {
        let (name, _) = *random.of(FILES);
        let (directory, _) = *random.of(DIRECTORIES);
        let spare = *random.of(&["n", "s/n", "d/x", "s/a"]);
        let moved = |from: &Path, back: &Path, name: &str, spare: &str| {
            fs::rename(from.join(name), from.join(spare))?;
            fs::rename(back.join(spare), back.join(name))
        };
        let done = match random.below(8) {
            0 => {
                for (name, _) in FILES.iter().chain(DIRECTORIES) {
                    step(fs::symlink_metadata(above.join(name)), || {
                        format!("{name} seen")
                    })?;
                }
                "all seen".to_owned()
            }
            1 => {
                let _ = fs::symlink_metadata(above.join(spare));
                format!("{spare} not found")
            }
            2 => step(moved(above, above, name, spare), || {
                format!("{name} moved to {spare} and back above")
            })?,
            3 => step(moved(above, below, name, spare), || {
                format!("{name} moved to {spare} above and back below")
            })?,
            4 => step(moved(below, above, name, spare), || {
                format!("{name} moved to {spare} below and back above")
            })?,
            5 => step(
                fs::write(above.join(spare), "").and_then(|()| fs::remove_file(below.join(spare))),
                || format!("{spare} made above and removed below"),
            )?,
            6 => step(
                fs::write(above.join("t"), "")
                    .and_then(|()| fs::rename(above.join("t"), above.join(spare)))
                    .and_then(|()| fs::remove_file(below.join(spare))),
                || format!("{spare} made by a rename above and removed below"),
            )?,
            _ => step(moved(above, below, directory, "t"), || {
                format!("{directory} moved above and back below")
            })?,
        };
        said.push(done);
    }
    Ok(said.join(", "))
}
