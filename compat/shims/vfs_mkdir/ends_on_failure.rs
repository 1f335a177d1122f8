// SPDX-License-Identifier: GPL-2.0

//! A dentry, or an error after ending the change.

use core::ptr;

use bindings::{dentry, ffi::c_int, inode, mnt_idmap, umode_t};

use crate::compat::{raw::from_err_ptr, shims::dirop::EndDirop};

pub(crate) struct Answer;

// SAFETY: On success the change is ended here, on failure by `vfs_mkdir()`.
unsafe impl<D: EndDirop> super::VfsMkdir<D> for Answer {
    unsafe fn call_and_end(
        idmap: *mut mnt_idmap,
        dir: *mut inode,
        dentry: *mut dentry,
        mode: umode_t,
        follow: impl FnOnce(*mut dentry),
    ) -> c_int {
        // SAFETY: The caller of this function has started the change and has write access to the mount;
        // null asks not to wait for delegations.
        let made = unsafe { bindings::vfs_mkdir(idmap, dir, dentry, mode, ptr::null_mut()) };
        match from_err_ptr(made) {
            Ok(made) => {
                follow(made);
                // SAFETY: Started by the caller; `made` stands in `dentry`'s place.
                unsafe { D::end(made) };
                0
            }
            Err(errno) => errno,
        }
    }
}
