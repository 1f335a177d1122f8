// SPDX-License-Identifier: GPL-2.0

//! Question: who locks a directory for the change of one entry?
//!
//! Up to 6.18 the caller locks the parent and checks that the child is still there. Since 6.19 (commit
//! 7bb1eb45e43c, "VFS: introduce start_removing_dentry()", and its series) `start_creating_dentry()`
//! and `start_removing_dentry()` do, and `end_dirop()` undoes it; which lock that is has become the
//! VFS's own affair.
//!
//! C header: `include/linux/namei.h`

use bindings::{dentry, ffi::c_int};

#[cfg(dirop = "locked_by_caller")]
mod locked_by_caller;
#[cfg(dirop = "locked_by_caller")]
pub(crate) use locked_by_caller::*;

#[cfg(dirop = "locked_by_vfs")]
mod locked_by_vfs;
#[cfg(dirop = "locked_by_vfs")]
pub(crate) use locked_by_vfs::*;

/// Begins and ends the change of one entry of a directory.
///
/// # Safety
///
/// Between a successful start and the end, no entry named like `child` appears in or leaves
/// `parent` but by the caller; `child` is counted once more, hashed, and a child of `parent`; and it
/// is negative after [`Self::start_creating`], positive after [`Self::start_removing`].
pub(crate) unsafe trait Dirop {
    /// Prepares to give `child` an inode.
    ///
    /// Errors, as negative errnos: `EINVAL` if `child` is no longer a live entry of `parent`,
    /// `EEXIST` if it is positive.
    ///
    /// # Safety
    ///
    /// Both are counted dentries of one filesystem and `parent` is a directory. The caller holds no
    /// lock of that filesystem and has write access to the mount.
    unsafe fn start_creating(parent: *mut dentry, child: *mut dentry) -> Result<(), c_int>;

    /// Prepares to take `child`'s inode away.
    ///
    /// Errors, as negative errnos: `EINVAL` as above, `ENOENT` if it is negative.
    ///
    /// # Safety
    ///
    /// As for [`Self::start_creating`].
    unsafe fn start_removing(parent: *mut dentry, child: *mut dentry) -> Result<(), c_int>;

    /// Ends what was started, and drops the count that the start took.
    ///
    /// # Safety
    ///
    /// `child` was given to a successful start, or is what `vfs_mkdir()` made of it, and has not
    /// been ended yet.
    unsafe fn end(child: *mut dentry);
}
