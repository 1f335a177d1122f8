// SPDX-License-Identifier: GPL-2.0

//! There is no such function: the lower file is opened as any other, and shows its own path.
//!
//! Only without: bindings::backing_file_open

use bindings::{cred, ffi::c_int, file, path};

use crate::compat::raw::from_err_ptr;

pub(crate) struct Answer;

impl super::BackingFileOpen for Answer {
    unsafe fn call(
        _user_file: *const file,
        flags: c_int,
        lower: *const path,
        credentials: *const cred,
    ) -> Result<*mut file, c_int> {
        // SAFETY: By the contract of this function.
        from_err_ptr(unsafe { bindings::dentry_open(lower, flags, credentials) })
    }
}
