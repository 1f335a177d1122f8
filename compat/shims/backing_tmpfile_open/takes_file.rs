// SPDX-License-Identifier: GPL-2.0

//! It takes the user's file.

use bindings::{cred, ffi::c_int, file, path, umode_t};

use crate::compat::{
    raw::from_err_ptr,
    shims::backing_file_open::{BackingFile, BackingFileOpen, OpenLower},
};

bindings::signatures! {
    bindings::backing_tmpfile_open: fn(
        *const file,
        c_int,
        *const path,
        umode_t,
        *const cred,
    ) -> *mut file;
}

pub(crate) struct Answer;

impl<O: BackingFileOpen<Opens = BackingFile>> super::BackingTmpfileOpen<O> for Answer {
    #[inline]
    unsafe fn call(open: &OpenLower, mode: umode_t) -> Result<*mut file, c_int> {
        let &OpenLower {
            user_file,
            flags,
            lower,
            credentials,
        } = open;
        // SAFETY: The safety requirements of this function ensure that all pointers are valid for
        // the call.
        from_err_ptr(unsafe {
            bindings::backing_tmpfile_open(user_file, flags, lower, mode, credentials)
        })
    }
}
