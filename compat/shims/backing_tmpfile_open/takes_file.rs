// SPDX-License-Identifier: GPL-2.0

//! The user's file.

use bindings::{cred, ffi::c_int, file, path, umode_t};

use crate::compat::raw::from_err_ptr;

pub(crate) struct Answer;

impl super::BackingTmpfileOpen for Answer {
    unsafe fn call(
        user_file: *const file,
        flags: c_int,
        lower: *const path,
        mode: umode_t,
        credentials: *const cred,
    ) -> Result<*mut file, c_int> {
        // SAFETY: By the contract of this function.
        from_err_ptr(unsafe {
            bindings::backing_tmpfile_open(user_file, flags, lower, mode, credentials)
        })
    }
}
