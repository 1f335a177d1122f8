// SPDX-License-Identifier: GPL-2.0

//! The small tree on which two operations run.
//!
//! It has the files `a`, `b`, `e/f` and `s/g`, each with another link outside the tree, and the
//! directories `d` (empty), `e` and `s`. Its history is a series of operations that changes only
//! what the mount has cached, not the lower tree.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{open, statat, AtFlags, Mode, OFlags};

use crate::layers::{Layer, Layers};
use crate::random::Random;
use crate::tree::Identities;

/// Each file or directory: its name and its label in outcomes.
const FILES: &[(&str, &str)] = &[("a", "A"), ("b", "B"), ("e/f", "F"), ("s/g", "G")];
const DIRECTORIES: &[(&str, &str)] = &[("d", "D"), ("e", "E"), ("s", "S")];

/// The tree, made for one round.
#[derive(Debug)]
pub struct Fixture {
    pub above: OwnedFd,
    pub below: OwnedFd,
    pub identities: Identities,
    /// The operations of its history.
    pub history: String,
    root: PathBuf,
    /// Keeps the files alive, so that their inode numbers are not reused.
    _open_files: Vec<OwnedFd>,
}

/// Opens a directory or file with O_PATH.
fn handle(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(open(path, flags, Mode::empty())?)
}

impl Fixture {
    /// Makes the tree below.
    pub fn without_history(layers: &Layers) -> Self {
        Self::make(layers, None).expect("making the tree below succeeds")
    }

    /// Makes the tree in random layers, and gives it a random history.
    ///
    /// Fails if a step fails that would have succeeded on a single directory.
    pub fn with_history(layers: &Layers, random: &mut Random) -> Result<Self, String> {
        Self::make(layers, Some(random))
    }

    fn make(layers: &Layers, mut random: Option<&mut Random>) -> Result<Self, String> {
        let layers = layers.make("tree");
        let mut root = || match &mut random {
            Some(random) => layers.dir(*random.choose(&[Layer::Above, Layer::Below])),
            None => &layers.below,
        };
        for (name, _) in DIRECTORIES {
            step(fs::create_dir(root().join(name)), || format!("{name} made"))?;
        }
        for (name, _) in FILES {
            step(fs::write(root().join(name), ""), || format!("{name} made"))?;
        }
        let history = match random {
            Some(random) => history(&layers, random)?,
            None => String::new(),
        };
        let succeeds = "operations on the tree below succeed";
        // The additional links are outside the tree.
        let keep = layers.below.with_extension("keep");
        let _ = fs::remove_dir_all(&keep);
        fs::create_dir(&keep).expect(succeeds);
        let mut identities = Identities::default();
        let mut open_files = Vec::new();
        for (name, label) in FILES.iter().chain(DIRECTORIES) {
            let file = handle(&layers.below.join(name))
                .map_err(|error| format!("{name} below, after {history}: {error}"))?;
            let stat = statat(&file, "", AtFlags::EMPTY_PATH).expect(succeeds);
            identities.add(&stat, label);
            open_files.push(file);
        }
        for (name, label) in FILES {
            fs::hard_link(layers.below.join(name), keep.join(label)).expect(succeeds);
        }
        // The previous tree had the same path and was removed below.
        let above = handle(&layers.above)
            .map_err(|error| format!("opening a tree above that was made below: {error}"))?;
        Ok(Self {
            above,
            below: handle(&layers.below).expect(succeeds),
            identities,
            history,
            root: layers.below,
            _open_files: open_files,
        })
    }

    /// The root of the tree in that layer.
    pub fn dir(&self, layer: Layer) -> &OwnedFd {
        match layer {
            Layer::Above => &self.above,
            Layer::Below => &self.below,
        }
    }

    /// Removes the tree.
    pub fn remove(self) {
        let keep = self.root.with_extension("keep");
        for directory in [&self.root, &keep] {
            fs::remove_dir_all(directory).expect("removing the tree below succeeds");
        }
    }
}

/// Returns the description of a step, with the error if it failed.
fn step<R>(result: io::Result<R>, description: impl Fn() -> String) -> Result<String, String> {
    match result {
        Ok(_) => Ok(description()),
        Err(error) => Err(format!("{}: {error}", description())),
    }
}

/// Makes up to two random operations that leave the lower tree as it was. Returns their
/// descriptions.
fn history(layers: &Layers, random: &mut Random) -> Result<String, String> {
    let (above, below) = (&layers.above, &layers.below);
    let mut steps = Vec::new();
    for _ in 0..random.less_than(3) {
        let (name, _) = *random.choose(FILES);
        let (directory, _) = *random.choose(DIRECTORIES);
        let spare = *random.choose(&["n", "s/n", "d/x", "s/a"]);
        let moved = |from: &Path, back: &Path, name: &str, spare: &str| {
            fs::rename(from.join(name), from.join(spare))?;
            fs::rename(back.join(spare), back.join(name))
        };
        let done = match random.less_than(8) {
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
        steps.push(done);
    }
    Ok(steps.join(", "))
}
