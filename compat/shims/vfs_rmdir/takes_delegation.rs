// SPDX-License-Identifier: GPL-2.0

//! A place for a delegated inode comes last.

use core::ptr;

use bindings::{dentry, ffi::c_int, inode, mnt_idmap};

pub(crate) struct Answer;

impl super::VfsRmdir for Answer {
    unsafe fn call(idmap: *mut mnt_idmap, dir: *mut inode, dentry: *mut dentry) -> c_int {
        // SAFETY: By the contract of this function; null asks not to wait for delegations.
        unsafe { bindings::vfs_rmdir(idmap, dir, dentry, ptr::null_mut()) }
    }
}
