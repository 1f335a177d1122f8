// SPDX-License-Identifier: GPL-2.0

//! The directories and mounts of some rounds, which are made once and cleared after each round.

use std::fs;

use rustix::fs::{statvfs, StatVfsMountFlags};
use rustix::io::Errno;

use super::stop::{wrong, Stop};
use crate::explore::stage::{Side, Sides, Site, Stage};
use crate::scratch;
use crate::suite::compare_views;
use crate::tree::{self, Detail, Snapshot};

/// The directories and mounts of some rounds.
pub(super) struct Ground {
    /// None only while a new one is made.
    stage: Option<Stage>,
    /// The empty directories, the plain one and the lower one, as they are when they are new.
    new: [Snapshot; 2],
}

impl Ground {
    /// New directories with mounts.
    pub(super) fn new(site: &Site) -> Result<Self, Stop> {
        let stage = site.stage()?;
        let new = |side| tree::snapshot(&site.sides.top(side, true), Detail::TwoTrees);
        let [plain, lower] = Side::BOTH.map(new);
        Ok(Self {
            stage: Some(stage),
            new: [plain?, lower?],
        })
    }

    /// Compares without caches, and unmounts.
    pub(super) fn end(&mut self, site: &Site) -> Result<(), Stop> {
        // Where this is refused, the comparison has the caches.
        let _ = fs::write("/proc/sys/vm/drop_caches", "2");
        compare_trees(&site.sides, "without caches")?;
        match self.stage.take() {
            Some(stage) => stage.strike().map_err(wrong),
            None => Ok(()),
        }
    }

    /// Removes what the tasks have made, directly in the directory. Makes new directories if their own
    /// attributes have changed.
    pub(super) fn clear(&mut self, site: &Site, side: Side) -> Result<(), Stop> {
        if unmount_inside(&site.sides, side)? {
            return self.renew(site);
        }
        let top = site.sides.top(side, true);
        let entries = tree::entries(&top)
            .map_err(|errno| format!("{} cannot be read: {errno}.", top.display()))?;
        for entry in entries {
            let path = top.join(entry.name);
            match rustix::fs::unlink(&path) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(_) => scratch::remove(&path)?,
            }
        }
        let new = match side {
            Side::Plain => &self.new[0],
            Side::Mount => &self.new[1],
        };
        if tree::snapshot(&top, Detail::TwoTrees)? != *new {
            self.renew(site)?;
        }
        Ok(())
    }

    /// Makes new directories with mounts.
    fn renew(&mut self, site: &Site) -> Result<(), Stop> {
        if let Some(stage) = self.stage.take() {
            stage.strike().map_err(wrong)?;
        }
        *self = Self::new(site)?;
        Ok(())
    }
}

/// Unmounts what the tasks have mounted and not unmounted. Returns whether they have made one of the
/// directories read-only.
pub(super) fn unmount_inside(sides: &Sides, side: Side) -> Result<bool, Stop> {
    let mut is_read_only = false;
    for below in [false, true] {
        sides.unmount_inside(side, below)?;
        let found = statvfs(sides.top(side, below));
        is_read_only |= found.is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::RDONLY));
    }
    Ok(is_read_only)
}

/// Compares the lower directory with the mount.
pub(super) fn compare_trees(sides: &Sides, how: &str) -> Result<(), Stop> {
    let [above, below] = [false, true].map(|below| sides.top(Side::Mount, below));
    let differences = compare_views(&above, &below)?;
    match differences.is_empty() {
        true => Ok(()),
        false => Err(wrong(format!(
            "{how}, the mount differs: {}",
            differences.join("\n")
        ))),
    }
}
