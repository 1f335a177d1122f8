// SPDX-License-Identifier: GPL-2.0

//! Question: who locks a directory to change one of its entries, and looks the entry up?
//!
//! Up to 6.18 the caller locks the parent and looks the name up in it. Since 6.19 (commit
//! 7bb1eb45e43c, "VFS: introduce start_removing_dentry()", and its series) `start_creating()` and
//! `start_removing()` do both, and `end_dirop()` undoes it. Which lock they take is internal to the
//! VFS.
//!
//! Both answers look the name up while they hold the lock. A dentry that was found before may have
//! been renamed since, and `start_removing_dentry()`, which takes such a dentry, checks its parent
//! but not its name. Only `open(2)` needs the dentry that was found before: the caller of
//! [`Dirop::start_creating_at`] has to check the name.
//!
//! C header: `include/linux/namei.h`

use bindings::{dentry, ffi::c_int, inode, mnt_idmap, qstr};

use crate::compat::shims::lookup_one::LookupOne;

answers! { dirop:
    "locked_by_caller" => locked_by_caller,
    "locked_by_vfs" => locked_by_vfs,
}

/// A change of one entry of a directory that [`Dirop`] has started. The functions that create or
/// remove the entry (`vfs_create()` and the like) share these arguments.
///
/// # Invariants
///
/// - A start of [`Dirop`] has returned `child`, or was given it.
/// - `dir` is the inode of the directory that the start was given.
/// - `idmap` is the idmap of a mount through which the caller has reached that directory.
pub(crate) struct StartedChange {
    /// The idmap of the mount.
    pub(crate) idmap: *mut mnt_idmap,
    /// The inode of the directory.
    pub(crate) dir: *mut inode,
    /// The dentry of the entry.
    pub(crate) child: *mut dentry,
}

/// Starts the change of one entry of a directory.
///
/// # Safety
///
/// From a successful start until the end, the entry `name` of `parent` is the returned dentry, or
/// the one that was passed, and the start has taken a reference on it. Only the caller gives it an
/// inode, removes its inode, or renames it.
pub(crate) unsafe trait Dirop<L: LookupOne>: EndDirop {
    /// Prepares to give the entry `name` an inode. The dentry is positive if it has one already.
    ///
    /// Errors, as negative errnos: `ENOENT` if `parent` has been removed and the name is not in the
    /// dentry cache; `EACCES` if the caller may not search it; those of the lookup.
    ///
    /// # Safety
    ///
    /// - `idmap` is valid for the call, and the bytes of `name` are readable.
    /// - `parent` is a referenced, positive dentry of a directory.
    /// - The caller holds no lock of the filesystem of `parent`.
    /// - The caller has write access to the mount that `idmap` belongs to.
    unsafe fn start_creating(
        idmap: *mut mnt_idmap,
        parent: *mut dentry,
        name: &qstr,
    ) -> Result<*mut dentry, c_int>;

    /// Prepares to give the negative dentry `child` an inode. Its name may have changed since it
    /// was found, and the filesystem does not revalidate it.
    ///
    /// Errors, as negative errnos: `EINVAL` if `child` is not a hashed entry of `parent` any more,
    /// or `parent` has been removed; `EEXIST` if `child` is positive.
    ///
    /// # Safety
    ///
    /// - `parent` is a referenced, positive dentry of a directory.
    /// - `child` is referenced.
    /// - The caller holds no lock of the filesystem of `parent`.
    /// - The caller has write access to a mount of that filesystem.
    unsafe fn start_creating_at(parent: *mut dentry, child: *mut dentry) -> Result<(), c_int>;

    /// Prepares to remove the inode of the entry `name`. The dentry is positive.
    ///
    /// Errors, as negative errnos: `ENOENT` if the entry is negative; those of
    /// [`Self::start_creating`].
    ///
    /// # Safety
    ///
    /// The same as for [`Self::start_creating`].
    unsafe fn start_removing(
        idmap: *mut mnt_idmap,
        parent: *mut dentry,
        name: &qstr,
    ) -> Result<*mut dentry, c_int>;
}

/// Ends the change of one entry of a directory.
pub(crate) trait EndDirop {
    /// Unlocks the directory, and drops the reference that the start has taken.
    ///
    /// # Safety
    ///
    /// A successful start has returned `child` or was given it, or `vfs_mkdir()` has returned
    /// `child` in its place. The change has not been ended.
    unsafe fn end(child: *mut dentry);
}
