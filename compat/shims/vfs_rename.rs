// SPDX-License-Identifier: GPL-2.0

//! Question: who locks two directories and looks their entries up, and what does `struct renamedata`
//! hold?
//!
//! Up to 6.16 the caller locks both parents by `lock_rename()`, looks both names up, and gives the
//! parents as inodes, with an idmap for each. In 6.17 the parents are dentries, with two idmaps, in
//! 6.18 with one; no answer covers these two yet. Since 6.19 (commit 833d2b3a072f, "Add
//! start_renaming_two_dentries()", and its series) `start_renaming()` locks and looks up.
//!
//! C header: `include/linux/fs.h`, `include/linux/namei.h`

use bindings::{dentry, ffi::c_int, ffi::c_uint, mnt_idmap, qstr};

use crate::compat::shims::lookup_one::LookupOne;

answers! { vfs_rename:
    "locked_by_vfs" => locked_by_vfs,
    "parents_by_inode" => parents_by_inode,
}

/// What is renamed to what.
pub(crate) struct Renaming<'a> {
    /// The idmap of the mount that both parents are reached by.
    pub(crate) idmap: *mut mnt_idmap,
    /// The directory that has the entry now.
    pub(crate) old_parent: *mut dentry,
    /// The name of the entry.
    pub(crate) old_name: &'a qstr,
    /// The directory that gets it.
    pub(crate) new_parent: *mut dentry,
    /// The name that it gets.
    pub(crate) new_name: &'a qstr,
    /// `RENAME_*`.
    pub(crate) flags: c_uint,
}

/// Renames one entry: locks, looks up, renames and unlocks.
pub(crate) trait VfsRename<L: LookupOne> {
    /// Returns zero or a negative errno, as `renameat2(2)` has them. On success runs `follow` while
    /// both directories are still locked, with the dentries that were found by the old and the new
    /// name; the filesystem has moved them by then.
    ///
    /// # Safety
    ///
    /// All pointers are valid, and both parents are counted directories of one filesystem, of which
    /// the caller holds no lock. The caller has write access to the mount.
    unsafe fn call(what: &Renaming<'_>, follow: impl FnOnce(*mut dentry, *mut dentry)) -> c_int;
}
