// SPDX-License-Identifier: GPL-2.0

//! A place for a delegated inode, and no directory.

use core::ptr;

use bindings::{dentry, ffi::c_int, inode, mnt_idmap, umode_t};

pub(crate) struct Answer;

impl super::VfsCreate for Answer {
    unsafe fn call(
        idmap: *mut mnt_idmap,
        _dir: *mut inode,
        dentry: *mut dentry,
        mode: umode_t,
    ) -> c_int {
        // SAFETY: By the contract of this function; null asks not to wait for delegations.
        unsafe { bindings::vfs_create(idmap, dentry, mode, ptr::null_mut()) }
    }
}
