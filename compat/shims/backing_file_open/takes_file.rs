// SPDX-License-Identifier: GPL-2.0

//! It takes the user's file.

use bindings::{ffi::c_int, file};

use super::OpenLower;
use crate::compat::raw::from_err_ptr;

pub(crate) struct Answer;

impl super::BackingFileOpen for Answer {
    #[inline]
    unsafe fn call(open: &OpenLower) -> Result<*mut file, c_int> {
        let &OpenLower {
            user_file,
            flags,
            lower,
            credentials,
        } = open;
        // SAFETY: The safety requirements of this function ensure that all pointers are valid for
        // the call.
        from_err_ptr(unsafe { bindings::backing_file_open(user_file, flags, lower, credentials) })
    }
}
