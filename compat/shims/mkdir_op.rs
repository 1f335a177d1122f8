// SPDX-License-Identifier: GPL-2.0

//! Question: what does `inode_operations.mkdir` return?
//!
//! Up to 6.14 it returns an errno. Since 6.15 it returns a dentry or an error pointer. Null stands
//! for the dentry that was passed. Another dentry means that the directory already had one.
//!
//! C header: `include/linux/fs.h`, `Documentation/filesystems/porting.rst`

use bindings::{dentry, ffi::c_int, inode, inode_operations, mnt_idmap, umode_t};

answers! { mkdir_op:
    "returns_dentry" => returns_dentry,
    "returns_errno" => returns_errno,
}

/// What the slot calls, in a form that every kernel can express.
pub(crate) trait Mkdir {
    /// Creates the directory that `dentry` names. Returns zero or a negative errno.
    ///
    /// On success `dentry` is positive, or it is unhashed so that the next lookup finds the
    /// directory.
    ///
    /// # Safety
    ///
    /// The caller is the VFS, in `inode_operations.mkdir`: all pointers are valid and referenced
    /// for the call, `dir` is the inode of the parent of `dentry`, and its `i_rwsem` is held
    /// exclusively.
    unsafe fn mkdir(
        idmap: *mut mnt_idmap,
        dir: *mut inode,
        dentry: *mut dentry,
        mode: umode_t,
    ) -> c_int;
}

/// A table with `mkdir`.
///
/// # Safety
///
/// The slot calls `H::mkdir` once, with the pointers that the VFS passed to it.
pub(crate) unsafe trait MkdirOp<H: Mkdir> {
    /// The other slots are empty.
    const TABLE: inode_operations;
}
