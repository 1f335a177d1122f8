// SPDX-License-Identifier: GPL-2.0

//! Question: what does `inode_operations.mkdir` return?
//!
//! Up to 6.14 an errno. Since 6.15 (commit 88d5baf69082, "Change inode_operations.mkdir to return
//! struct dentry *") a dentry: null for "the one you gave me", another where the filesystem found that
//! the directory already had one, or an error pointer.
//!
//! C header: `include/linux/fs.h`, `Documentation/filesystems/porting.rst`

use bindings::{dentry, ffi::c_int, inode, inode_operations, mnt_idmap, umode_t};

answers! { mkdir_op:
    "returns_dentry" => returns_dentry,
    "returns_errno" => returns_errno,
}

/// What the answer calls: the form that every kernel can carry.
pub(crate) trait Mkdir {
    /// Makes the directory that `dentry` names; returns zero or a negative errno.
    ///
    /// On success `dentry` is positive, or unhashed so that the next lookup finds the directory.
    ///
    /// # Safety
    ///
    /// The contract of `inode_operations.mkdir`: all pointers are valid and counted by the VFS for
    /// the call, `dir` is the inode of `dentry`'s parent, and its `i_rwsem` is held exclusively.
    unsafe fn mkdir(
        idmap: *mut mnt_idmap,
        dir: *mut inode,
        dentry: *mut dentry,
        mode: umode_t,
    ) -> c_int;
}

/// A table in which `mkdir` is filled.
///
/// # Safety
///
/// The slot calls `H::mkdir` with the very pointers the VFS gave it, once.
pub(crate) unsafe trait MkdirOp<H: Mkdir> {
    /// Every other slot is empty.
    const TABLE: inode_operations;
}
