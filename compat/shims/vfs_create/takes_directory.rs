// SPDX-License-Identifier: GPL-2.0

//! The directory and `bool want_excl`.

use bindings::{dentry, ffi::c_int, inode, mnt_idmap, umode_t};

pub(crate) struct Answer;

impl super::VfsCreate for Answer {
    unsafe fn call(
        idmap: *mut mnt_idmap,
        dir: *mut inode,
        dentry: *mut dentry,
        mode: umode_t,
    ) -> c_int {
        // SAFETY: By the contract of this function.
        unsafe { bindings::vfs_create(idmap, dir, dentry, mode, true) }
    }
}
