// SPDX-License-Identifier: GPL-2.0

//! Question: what does `inode_operations.create` receive?
//!
//! Up to 7.2 the VFS passes `bool excl`, which matters to network filesystems only. 7.3 removed it:
//! the VFS asks a filesystem to create only what does not exist.
//!
//! C header: `include/linux/fs.h`, `Documentation/filesystems/porting.rst`

use bindings::{dentry, ffi::c_int, inode, inode_operations, mnt_idmap, umode_t};

answers! { create_op:
    "receives_excl" => receives_excl,
    "receives_no_excl" => receives_no_excl,
}

/// What the slot calls, in the newest form.
pub(crate) trait Create {
    /// Creates the regular file that `dentry` names. Returns zero or a negative errno.
    ///
    /// # Safety
    ///
    /// The caller is the VFS, in `inode_operations.create`: all pointers are valid and referenced
    /// for the call, `dir` is the inode of the parent of `dentry`, and its `i_rwsem` is held
    /// exclusively.
    unsafe fn create(
        idmap: *mut mnt_idmap,
        dir: *mut inode,
        dentry: *mut dentry,
        mode: umode_t,
    ) -> c_int;
}

/// A table with `create`.
///
/// # Safety
///
/// The slot calls `H::create` once, with the pointers that the VFS passed to it.
pub(crate) unsafe trait CreateOp<H: Create> {
    /// The other slots are empty.
    const TABLE: inode_operations;
}
