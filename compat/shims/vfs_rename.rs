// SPDX-License-Identifier: GPL-2.0

//! Question: who locks two directories to rename an entry, and looks their entries up?
//!
//! Up to 6.18 the caller locks both parents with `lock_rename()` and looks both names up. Since
//! 6.19 `start_renaming()` locks and looks up.
//!
//! C header: `include/linux/fs.h`, `include/linux/namei.h`

use bindings::{dentry, ffi::c_int, ffi::c_uint, mnt_idmap, qstr};

use crate::compat::shims::{
    delegation::Delegation, dirop::EndDirop, lookup_one::LookupOne, renamedata::RenameData,
};

answers! { vfs_rename:
    "locked_by_caller" => locked_by_caller,
    "locked_by_vfs" => locked_by_vfs,
}

/// The arguments of a rename.
pub(crate) struct Renaming<'a> {
    /// The idmap for the caller: from the ids of the filesystem to those that the caller sees.
    pub(crate) idmap: *mut mnt_idmap,
    /// The directory of the entry.
    pub(crate) old_parent: *mut dentry,
    /// The name of the entry.
    pub(crate) old_name: &'a qstr,
    /// The directory to move the entry to.
    pub(crate) new_parent: *mut dentry,
    /// The new name of the entry.
    pub(crate) new_name: &'a qstr,
    /// `RENAME_*`.
    pub(crate) flags: c_uint,
}

/// Renames one entry: locks both directories, looks both names up, renames, and unlocks.
///
/// `E` changes one directory. Its lock and the one here exclude each other, so both belong to the
/// caller or both to the VFS.
pub(crate) trait VfsRename<L: LookupOne, D: RenameData, P: Delegation, E: EndDirop> {
    /// Returns zero or a negative errno, the same as `renameat2(2)`. If a delegation on one of the
    /// files or directories has to be broken first, it stores the inode in `delegation` and returns
    /// `EWOULDBLOCK`.
    ///
    /// On success `update` runs while both directories are locked, after the lower dentries have
    /// been moved. It receives the dentries that were found by the old and by the new name.
    ///
    /// # Safety
    ///
    /// - `renaming.idmap` is valid for the call, and the bytes of both names are readable.
    /// - Both parents are referenced, positive dentries of directories of one filesystem.
    /// - The caller holds no `i_rwsem` and not the `s_vfs_rename_mutex` of that filesystem.
    /// - The caller has write access to a mount of the filesystem.
    unsafe fn call(
        renaming: &Renaming<'_>,
        delegation: &mut P::Place,
        update: impl FnOnce(*mut dentry, *mut dentry),
    ) -> c_int;
}
