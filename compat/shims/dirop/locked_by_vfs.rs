// SPDX-License-Identifier: GPL-2.0

//! The VFS locks, in `start_creating_dentry()` and its like.

use bindings::{dentry, ffi::c_int};

use crate::compat::raw::from_err_ptr;

/// The answer.
pub(crate) struct Answer;

// SAFETY: This is what the functions called here promise.
unsafe impl super::Dirop for Answer {
    unsafe fn start_creating(parent: *mut dentry, child: *mut dentry) -> Result<(), c_int> {
        // SAFETY: By the contract of this function.
        from_err_ptr(unsafe { bindings::start_creating_dentry(parent, child) }).map(drop)
    }

    unsafe fn start_removing(parent: *mut dentry, child: *mut dentry) -> Result<(), c_int> {
        // SAFETY: By the contract of this function.
        from_err_ptr(unsafe { bindings::start_removing_dentry(parent, child) }).map(drop)
    }

    unsafe fn end(child: *mut dentry) {
        // SAFETY: By the contract of this function.
        unsafe { bindings::end_dirop(child) };
    }
}
