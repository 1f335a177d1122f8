// SPDX-License-Identifier: GPL-2.0

//! `struct file_kattr` holds them.

use bindings::{dentry, ffi::c_int, file_kattr, mnt_idmap};

bindings::signatures! {
    bindings::vfs_fileattr_get: fn(*mut dentry, *mut file_kattr) -> c_int;
    bindings::vfs_fileattr_set: fn(*mut mnt_idmap, *mut dentry, *mut file_kattr) -> c_int;
}

pub(crate) struct Answer;

impl super::FileattrOp for Answer {
    type Attributes = file_kattr;

    unsafe fn get(dentry: *mut dentry, attributes: *mut file_kattr) -> c_int {
        // SAFETY: The safety requirements of this function ensure that the dentry is positive, and
        // that both pointers are valid.
        unsafe { bindings::vfs_fileattr_get(dentry, attributes) }
    }

    unsafe fn set(
        idmap: *mut mnt_idmap,
        dentry: *mut dentry,
        attributes: *mut file_kattr,
    ) -> c_int {
        // SAFETY: The safety requirements of this function ensure that the dentry is positive, that
        // all pointers are valid, that the idmap belongs to the dentry's filesystem, and that the
        // caller has write access.
        unsafe { bindings::vfs_fileattr_set(idmap, dentry, attributes) }
    }
}
