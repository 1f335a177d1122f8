// SPDX-License-Identifier: GPL-2.0

//! Question: how are two directories locked, and what does `struct renamedata` hold?
//!
//! Up to 6.16 the caller locks both parents by `lock_rename()` and names them by inode, with an idmap
//! for each. In 6.17 and 6.18 they are named by dentry, with one idmap. Since 6.19 (commit 833d2b3a072f,
//! "Add start_renaming_two_dentries()") the VFS locks and checks.
//!
//! C header: `include/linux/fs.h`, `include/linux/namei.h`

use bindings::{dentry, ffi::c_int, ffi::c_uint, mnt_idmap};

#[cfg(vfs_rename = "locked_by_vfs")]
mod locked_by_vfs;
#[cfg(vfs_rename = "locked_by_vfs")]
pub(crate) use locked_by_vfs::*;

#[cfg(vfs_rename = "parents_by_inode")]
mod parents_by_inode;
#[cfg(vfs_rename = "parents_by_inode")]
pub(crate) use parents_by_inode::*;

/// What is renamed to what. Both parents and both entries are of one filesystem.
pub(crate) struct Renaming {
    /// The idmap of the mount that both parents are reached by.
    pub(crate) idmap: *mut mnt_idmap,
    /// The directory that has the entry now.
    pub(crate) old_parent: *mut dentry,
    /// The entry.
    pub(crate) old: *mut dentry,
    /// The directory that gets it.
    pub(crate) new_parent: *mut dentry,
    /// The entry it becomes; negative, or what is replaced or exchanged.
    pub(crate) new: *mut dentry,
    /// `RENAME_*`.
    pub(crate) flags: c_uint,
}

/// Renames one entry, all locking included.
pub(crate) trait VfsRename {
    /// Returns zero or a negative errno; `EINVAL` also if an entry is no longer where `what` says,
    /// or if one parent lies under the other entry.
    ///
    /// # Safety
    ///
    /// All pointers are counted by the caller, who holds no lock of their filesystem and has write
    /// access to the mount.
    unsafe fn call(what: &Renaming) -> c_int;
}
