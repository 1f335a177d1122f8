// SPDX-License-Identifier: GPL-2.0

//! It receives an enum.
//!
//! A third constant could stand for the access time too.
//! Only members of bindings::fs_update_time: FS_UPD_ATIME, FS_UPD_CMTIME

use bindings::{ffi::c_int, ffi::c_uint, fs_update_time, inode, inode_operations};

use crate::compat::raw::empty_inode_operations;

pub(crate) struct Answer;

// SAFETY: `update_time` calls `H::update_atime` once, with the inode that it received, if the
// access time is to be updated.
unsafe impl<H: super::UpdateTime> super::UpdateTimeOp<H> for Answer {
    const TABLE: inode_operations = inode_operations {
        update_time: Some(update_time::<H>),
        ..empty_inode_operations()
    };
}

unsafe extern "C" fn update_time<H: super::UpdateTime>(
    inode: *mut inode,
    times: fs_update_time,
    _flags: c_uint,
) -> c_int {
    if times != fs_update_time::FS_UPD_ATIME {
        return 0;
    }
    // SAFETY: The caller is the VFS, in `inode_operations.update_time`.
    unsafe { H::update_atime(inode) }
}
