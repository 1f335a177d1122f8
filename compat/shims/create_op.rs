// SPDX-License-Identifier: GPL-2.0

//! Question: what does `inode_operations.create` receive?
//!
//! Up to 7.2 the VFS passes `bool excl`, which no filesystem but a networked one may look at. 7.3 took
//! it away: a filesystem is asked to create only what does not exist.
//!
//! C header: `include/linux/fs.h`, `Documentation/filesystems/porting.rst`

use bindings::{dentry, ffi::c_int, inode, inode_operations, mnt_idmap, umode_t};

answers! { create_op:
    "receives_excl" => receives_excl,
    "receives_no_excl" => receives_no_excl,
}

/// What the answer calls: the newest form.
pub(crate) trait Create {
    /// Makes the regular file that `dentry` names; returns zero or a negative errno.
    ///
    /// # Safety
    ///
    /// The contract of `inode_operations.create`: all pointers are valid and counted by the VFS for
    /// the call, `dir` is the inode of `dentry`'s parent, and its `i_rwsem` is held exclusively.
    unsafe fn create(
        idmap: *mut mnt_idmap,
        dir: *mut inode,
        dentry: *mut dentry,
        mode: umode_t,
    ) -> c_int;
}

/// A table in which `create` is filled.
///
/// # Safety
///
/// The slot calls `H::create` with the very pointers the VFS gave it, once.
pub(crate) unsafe trait CreateOp<H: Create> {
    /// Every other slot is empty.
    const TABLE: inode_operations;
}
