// SPDX-License-Identifier: GPL-2.0

//! Nothing of delegations.

use bindings::{dentry, ffi::c_char, ffi::c_int, inode, mnt_idmap};

pub(crate) struct Answer;

impl super::VfsSymlink for Answer {
    unsafe fn call(
        idmap: *mut mnt_idmap,
        dir: *mut inode,
        dentry: *mut dentry,
        target: *const c_char,
    ) -> c_int {
        // SAFETY: By the contract of this function.
        unsafe { bindings::vfs_symlink(idmap, dir, dentry, target) }
    }
}
