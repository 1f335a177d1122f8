// SPDX-License-Identifier: GPL-2.0

//! Question: how does `struct renamedata` hold the two directories of a rename?
//!
//! - Up to 6.16 as inodes, with an idmap for each.
//! - In 6.17 as dentries, with an idmap for each.
//! - Since 6.18 as dentries, with one idmap for both.
//!
//! C header: `include/linux/fs.h`

use bindings::{dentry, renamedata};

use crate::compat::shims::vfs_rename::Renaming;

answers! { renamedata:
    "parents_by_dentry" => parents_by_dentry,
    "parents_by_dentry_and_idmap" => parents_by_dentry_and_idmap,
    "parents_by_inode" => parents_by_inode,
}

/// The directories are dentries. The type has no values.
#[allow(dead_code)] // Only the answers to some questions name it.
pub(crate) enum ByDentry {}

/// The directories are inodes. The type has no values.
#[allow(dead_code)]
pub(crate) enum ByInode {}

/// Makes the argument of `vfs_rename()`.
pub(crate) trait RenameData {
    /// [`ByDentry`] or [`ByInode`]. `start_renaming()` locks and searches dentries, so
    /// `vfs_rename=locked_by_vfs` requires them.
    type Parents;

    /// Renames `old` to `new`. Both may be null for `start_renaming()`, which sets them.
    ///
    /// # Safety
    ///
    /// Both parents of `renaming` are referenced and positive.
    unsafe fn data(renaming: &Renaming<'_>, old: *mut dentry, new: *mut dentry) -> renamedata;
}
