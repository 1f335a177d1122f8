// SPDX-License-Identifier: GPL-2.0

//! The function does not exist: the lower file is opened like any other file, and shows its own
//! path.
//!
//! Only unexported: bindings::backing_file_open, bindings::backing_tmpfile_open
//! Only unexported: bindings::backing_file_read_iter, bindings::backing_file_write_iter
//! Only unexported: bindings::backing_file_splice_read, bindings::backing_file_splice_write
//! Only unexported: bindings::backing_file_mmap

use bindings::{cred, ffi::c_int, file, path};

use super::{OpenLower, PlainFile};
use crate::compat::raw::from_err_ptr;

bindings::signatures! {
    bindings::dentry_open: fn(*const path, c_int, *const cred) -> *mut file;
}

// The configuration is without it, so that the functions are missing on purpose.
const _: () = assert!(bindings::IS_WITHOUT_FS_STACK);

pub(crate) struct Answer;

impl super::BackingFileOpen for Answer {
    type Opens = PlainFile;

    #[inline]
    unsafe fn call(open: &OpenLower) -> Result<*mut file, c_int> {
        // SAFETY: The safety requirements of this function ensure that the path and the credentials
        // are valid for the call.
        from_err_ptr(unsafe { bindings::dentry_open(open.lower, open.flags, open.credentials) })
    }
}
