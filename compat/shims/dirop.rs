// SPDX-License-Identifier: GPL-2.0

//! Question: who locks a directory for the change of one entry, and looks the entry up?
//!
//! Up to 6.18 the caller locks the parent and looks the name up in it. Since 6.19 (commit
//! 7bb1eb45e43c, "VFS: introduce start_removing_dentry()", and its series) `start_creating()` and
//! `start_removing()` do both, and `end_dirop()` undoes it; which lock that is has become the VFS's
//! own affair.
//!
//! Both forms look the name up *under* the lock. A dentry that was found before the lock was taken
//! may have been given another name since, and `start_removing_dentry()`, which takes such a dentry,
//! checks its parent but not its name. Only the caller of `open(2)` needs the very dentry that it has:
//! [`Dirop::start_creating_at`] leaves the name to be checked.
//!
//! C header: `include/linux/namei.h`

use bindings::{dentry, ffi::c_int, mnt_idmap, qstr};

use crate::compat::shims::lookup_one::LookupOne;

answers! { dirop:
    "locked_by_caller" => locked_by_caller,
    "locked_by_vfs" => locked_by_vfs,
}

/// Begins the change of one entry of a directory.
///
/// # Safety
///
/// Between a successful start and the end, the entry `name` of `parent` is the returned dentry, or the
/// given one. The start has counted it, and nobody but the caller gives it an inode, takes its inode
/// away, or renames it.
pub(crate) unsafe trait Dirop<L: LookupOne>: EndDirop {
    /// Prepares to give the entry `name` an inode. The dentry is positive if it has one already.
    ///
    /// Errors, as negative errnos: `ENOENT` if `parent` has been removed and the cache does not know
    /// the name; `EACCES` if the caller may not search it; what the lookup says.
    ///
    /// # Safety
    ///
    /// All pointers are valid, and `parent` is a counted directory of a filesystem of which the
    /// caller holds no lock. The caller has write access to the mount that `idmap` is of.
    unsafe fn start_creating(
        idmap: *mut mnt_idmap,
        parent: *mut dentry,
        name: &qstr,
    ) -> Result<*mut dentry, c_int>;

    /// Prepares to give the negative dentry `child` an inode. Its name may be another than when it was
    /// found; the filesystem is not asked again whether it stands by the dentry.
    ///
    /// Errors, as negative errnos: `EINVAL` if `child` is no longer a hashed entry of `parent`, or that
    /// has been removed; `EEXIST` if it is positive.
    ///
    /// # Safety
    ///
    /// As for [`Self::start_creating`], and `child` is counted.
    unsafe fn start_creating_at(parent: *mut dentry, child: *mut dentry) -> Result<(), c_int>;

    /// Prepares to take the inode of the entry `name` away. The dentry is positive.
    ///
    /// Errors, as negative errnos: `ENOENT` if it is negative, and those of
    /// [`Self::start_creating`].
    ///
    /// # Safety
    ///
    /// As for [`Self::start_creating`].
    unsafe fn start_removing(
        idmap: *mut mnt_idmap,
        parent: *mut dentry,
        name: &qstr,
    ) -> Result<*mut dentry, c_int>;
}

/// Ends the change of one entry of a directory.
pub(crate) trait EndDirop {
    /// Unlocks the directory, and drops the count that the start returned.
    ///
    /// # Safety
    ///
    /// `child` was returned by a successful start, or given to it, or is what `vfs_mkdir()` made of it, and has not
    /// been ended yet.
    unsafe fn end(child: *mut dentry);
}
