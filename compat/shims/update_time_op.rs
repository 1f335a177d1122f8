// SPDX-License-Identifier: GPL-2.0

//! Question: how does `inode_operations.update_time` receive which times to update?
//!
//! Up to 6.18 it receives flags (`S_ATIME`, ...). Since 7.0 it receives an `enum fs_update_time`,
//! and flags for how to update the times.
//!
//! C header: `include/linux/fs.h`

use bindings::{ffi::c_int, inode, inode_operations};

answers! { update_time_op:
    "receives_flags" => receives_flags,
    "receives_type" => receives_type,
}

/// What the slot calls.
pub(crate) trait UpdateTime {
    /// Updates the access time of `inode` to the present. Returns zero or a negative errno.
    ///
    /// # Safety
    ///
    /// The caller is the VFS, in `inode_operations.update_time`: `inode` is valid for the call.
    unsafe fn update_atime(inode: *mut inode) -> c_int;
}

/// A table with `update_time`.
///
/// # Safety
///
/// The slot calls `H::update_atime` once, with the inode that the VFS passed to it, if the access
/// time is to be updated. It ignores the other times.
pub(crate) unsafe trait UpdateTimeOp<H: UpdateTime> {
    /// The other slots are empty.
    const TABLE: inode_operations;
}
