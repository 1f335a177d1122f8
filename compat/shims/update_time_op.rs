// SPDX-License-Identifier: GPL-2.0

//! Question: how does `inode_operations.update_time` learn which times to update?
//!
//! Up to 6.18 by flags (`S_ATIME`, ...). Since 7.0 by an `enum fs_update_time`, with flags for how to
//! go about it.
//!
//! C header: `include/linux/fs.h`

use bindings::{ffi::c_int, inode, inode_operations};

answers! { update_time_op:
    "receives_flags" => receives_flags,
    "receives_type" => receives_type,
}

/// What the answer calls.
pub(crate) trait UpdateTime {
    /// Notes that `inode` was read just now; returns zero or a negative errno.
    ///
    /// # Safety
    ///
    /// The contract of `inode_operations.update_time`: `inode` is valid for the call.
    unsafe fn update_atime(inode: *mut inode) -> c_int;
}

/// A table in which `update_time` is filled.
///
/// # Safety
///
/// The slot calls `H::update_atime` with the very inode the VFS gave it, if the access time is to be
/// updated; other times it leaves alone.
pub(crate) unsafe trait UpdateTimeOp<H: UpdateTime> {
    /// Every other slot is empty.
    const TABLE: inode_operations;
}
