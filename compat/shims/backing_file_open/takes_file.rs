// SPDX-License-Identifier: GPL-2.0

//! It takes the user's file.

use bindings::{cred, ffi::c_int, file, path};

use super::{BackingFile, OpenLower};
use crate::compat::raw::from_err_ptr;

bindings::signatures! {
    bindings::backing_file_open: fn(*const file, c_int, *const path, *const cred) -> *mut file;
}

pub(crate) struct Answer;

impl super::BackingFileOpen for Answer {
    type Opens = BackingFile;

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
