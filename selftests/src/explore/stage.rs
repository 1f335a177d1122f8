// SPDX-License-Identifier: GPL-2.0

//! The directories and mounts of a script. Each script has new ones.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::statfs;
use rustix::mount::{mount_bind, mount_remount, unmount, MountFlags, UnmountFlags};

use super::place::TOP;
use super::variation::Variation;
use crate::layer::{unmount_retrying, Layer};
use crate::scratch;
use crate::show::errno_name;

/// The two sides that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The plain directory.
    Plain,
    /// The mount, over the lower directory.
    Mount,
}

impl Side {
    /// Both sides, the plain one first.
    pub const BOTH: [Self; 2] = [Self::Plain, Self::Mount];

    fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Mount => "mount",
        }
    }
}

/// The directories to which the actors are confined. In each, the directory under comparison is at
/// the same path.
#[derive(Clone, Debug)]
pub struct Sides(PathBuf);

impl Sides {
    /// Makes the directories in `scratch`. They are read-only, so that scripts change nothing
    /// outside of the directory under comparison, and have /proc, by which actors reach what they
    /// have open.
    pub fn new(scratch: &Path) -> Result<Self, String> {
        let sides = Self(scratch.join("sides"));
        let complain = |path: &Path, error: &dyn std::fmt::Display| {
            format!("{} cannot be made: {error}.", path.display())
        };
        for side in Side::BOTH {
            for below in [false, true] {
                let root = sides.root(side, below);
                let (top, proc) = (sides.top(side, below), root.join("proc"));
                for directory in [&top, &proc] {
                    fs::create_dir_all(directory).map_err(|error| complain(directory, &error))?;
                }
                mount_bind(&root, &root)
                    .and_then(|()| mount_remount(&root, MountFlags::BIND | MountFlags::RDONLY, c""))
                    .and_then(|()| mount_bind("/proc", &proc))
                    .map_err(|errno| complain(&root, &errno_name(errno)))?;
            }
        }
        Ok(sides)
    }

    /// Where an actor is confined to.
    pub fn root(&self, side: Side, below: bool) -> PathBuf {
        let below = if below { "-below" } else { "" };
        self.0.join(format!("{}{below}", side.name()))
    }

    /// What is mounted in the directory under comparison, as paths in it.
    pub fn mounts(&self, side: Side, below: bool) -> Result<Vec<PathBuf>, String> {
        let top = self.top(side, below);
        let mounts = scratch::mounts()
            .map_err(|error| format!("the table of mounts cannot be read: {error}."))?;
        let inside = mounts
            .iter()
            .filter_map(|mount| mount.point.strip_prefix(&top).ok());
        let inside = inside.filter(|path| !path.as_os_str().is_empty());
        Ok(inside.map(Path::to_owned).collect())
    }

    /// Unmounts what is mounted in the directory under comparison.
    pub fn unmount_inside(&self, side: Side, below: bool) -> Result<(), String> {
        let top = self.top(side, below);
        for point in self.mounts(side, below)?.into_iter().rev() {
            let point = top.join(point);
            unmount(&point, UnmountFlags::NOFOLLOW | UnmountFlags::DETACH).map_err(|errno| {
                format!(
                    "{} cannot be unmounted: {}.",
                    point.display(),
                    errno_name(errno)
                )
            })?;
        }
        Ok(())
    }

    /// The directory under comparison. Below the mount, it is the lower directory.
    pub fn top(&self, side: Side, below: bool) -> PathBuf {
        self.root(side, below).join(TOP.trim_start_matches('/'))
    }
}

/// Where stages are made, one after the other.
pub struct Site<'a> {
    layer: &'a dyn Layer,
    variation: Variation,
    scratch: PathBuf,
    /// The directories to which the actors are confined.
    pub sides: Sides,
}

impl<'a> Site<'a> {
    /// A site in the directory `scratch`, on whose stages the layer is mounted in this way.
    pub fn new(layer: &'a dyn Layer, variation: Variation, scratch: &Path) -> Result<Self, String> {
        Ok(Self {
            layer,
            variation,
            scratch: scratch.to_owned(),
            sides: Sides::new(scratch)?,
        })
    }

    /// What is mounted where.
    pub fn variation(&self) -> Variation {
        self.variation
    }

    /// A new stage.
    pub fn stage(&self) -> Result<Stage, String> {
        Stage::new(&self.scratch, &self.sides, self.layer, self.variation)
    }
}

/// The directories of a script, with their mounts.
#[derive(Debug)]
pub struct Stage {
    directory: PathBuf,
    mounted: Vec<PathBuf>,
}

impl Stage {
    /// Makes new directories, and mounts them at the sides.
    fn new(
        scratch: &Path,
        sides: &Sides,
        layer: &dyn Layer,
        variation: Variation,
    ) -> Result<Self, String> {
        // What could not be removed stays, and is no part of another script.
        let mut directories = (0..).map(|number: u32| scratch.join(format!("data-{number}")));
        let mut stage = Self {
            directory: directories
                .find(|directory| !directory.exists())
                .expect("the range has no end"),
            mounted: Vec::new(),
        };
        for side in Side::BOTH {
            let data = stage.directory.join(side.name());
            fs::create_dir_all(&data)
                .and_then(|()| fs::set_permissions(&data, fs::Permissions::from_mode(0o777)))
                .map_err(|error| format!("{} cannot be made: {error}.", data.display()))?;
            let (top, mounted) = (sides.top(side, false), &mut stage.mounted);
            variation.prepare(&data, mounted)?;
            let below = sides.top(side, true);
            match side {
                Side::Plain => {
                    variation.bind(&data, &below, mounted)?;
                    variation.bind(&data, &top, mounted)?;
                }
                Side::Mount => {
                    variation.mount_below(layer, &data, &below, mounted)?;
                    variation.mount(layer, &data, &top, mounted)?;
                }
            }
        }
        Ok(stage)
    }

    /// Whether the directories are in tmpfs.
    pub fn is_in_tmpfs(&self) -> Result<bool, String> {
        let plain = self.directory.join(Side::Plain.name());
        let statistics = statfs(&plain).map_err(|errno| {
            let (place, errno) = (plain.display(), errno_name(errno));
            format!("{place} has no statistics: {errno}.")
        })?;
        Ok(statistics.f_type == libc::TMPFS_MAGIC)
    }

    /// Unmounts everything, and removes the directories, which would be those of the next script. An
    /// error if something is still in use, or cannot be removed.
    pub fn strike(mut self) -> Result<(), String> {
        while let Some(top) = self.mounted.pop() {
            unmount_retrying(&top).map_err(|errno| {
                format!(
                    "{} cannot be unmounted at the end: {}.",
                    top.display(),
                    errno_name(errno)
                )
            })?;
        }
        scratch::remove(&self.directory)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for top in self.mounted.iter().rev() {
            let _ = unmount(top, UnmountFlags::DETACH);
        }
        if let Err(complaint) = scratch::remove(&self.directory) {
            eprintln!("base0fs-selftest: {complaint}");
        }
    }
}
