// SPDX-License-Identifier: GPL-2.0

//! The path of the user's file.

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
        // SAFETY: By the contract of this function; the path is `user_file`'s own.
        from_err_ptr(unsafe {
            let user_path: *const path = bindings::shim_f_path(user_file);
            bindings::backing_tmpfile_open(user_path, flags, lower, mode, credentials)
        })
    }
}
