// SPDX-License-Identifier: GPL-2.0

//! A place for a delegated inode comes last.

use core::ptr;

use bindings::{dentry, dev_t, ffi::c_int, inode, mnt_idmap, umode_t};

pub(crate) struct Answer;

impl super::VfsMknod for Answer {
    unsafe fn call(
        idmap: *mut mnt_idmap,
        dir: *mut inode,
        dentry: *mut dentry,
        mode: umode_t,
        device: dev_t,
    ) -> c_int {
        // SAFETY: By the contract of this function; null asks not to wait for delegations.
        unsafe { bindings::vfs_mknod(idmap, dir, dentry, mode, device, ptr::null_mut()) }
    }
}
