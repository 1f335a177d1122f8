// SPDX-License-Identifier: GPL-2.0

//! `struct fileattr` holds them.

use bindings::{dentry, ffi::c_int, fileattr, mnt_idmap};

bindings::signatures! {
    bindings::vfs_fileattr_get: fn(*mut dentry, *mut fileattr) -> c_int;
    bindings::vfs_fileattr_set: fn(*mut mnt_idmap, *mut dentry, *mut fileattr) -> c_int;
}

pub(crate) struct Answer;

impl super::FileattrOp for Answer {
    type Attributes = fileattr;

    unsafe fn get(dentry: *mut dentry, attributes: *mut fileattr) -> c_int {
        // SAFETY: The safety requirements of this function ensure that the dentry is positive, and
        // that both pointers are valid.
        unsafe { bindings::vfs_fileattr_get(dentry, attributes) }
    }

    unsafe fn set(idmap: *mut mnt_idmap, dentry: *mut dentry, attributes: *mut fileattr) -> c_int {
        // SAFETY: The safety requirements of this function ensure that the dentry is positive, that
        // all pointers are valid, that the idmap belongs to the dentry's filesystem, and that the
        // caller has write access.
        unsafe { bindings::vfs_fileattr_set(idmap, dentry, attributes) }
    }
}
