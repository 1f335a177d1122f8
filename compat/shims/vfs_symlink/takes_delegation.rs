// SPDX-License-Identifier: GPL-2.0

//! A place for a delegated inode comes last.

use core::ptr;

use bindings::{dentry, ffi::c_char, ffi::c_int, inode, mnt_idmap};

pub(crate) struct Answer;

impl super::VfsSymlink for Answer {
    unsafe fn call(
        idmap: *mut mnt_idmap,
        dir: *mut inode,
        dentry: *mut dentry,
        target: *const c_char,
    ) -> c_int {
        // SAFETY: By the contract of this function; null asks not to wait for delegations.
        unsafe { bindings::vfs_symlink(idmap, dir, dentry, target, ptr::null_mut()) }
    }
}
