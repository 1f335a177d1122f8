// SPDX-License-Identifier: GPL-2.0

//! The function does not exist: the lower file is opened like any other file, and shows its own
//! path.
//!
//! Only without: bindings::backing_file_open

use bindings::{ffi::c_int, file};

use super::OpenLower;
use crate::compat::raw::from_err_ptr;

pub(crate) struct Answer;

impl super::BackingFileOpen for Answer {
    #[inline]
    unsafe fn call(open: &OpenLower) -> Result<*mut file, c_int> {
        // SAFETY: The safety requirements of this function ensure that the path and the credentials
        // are valid for the call.
        from_err_ptr(unsafe { bindings::dentry_open(open.lower, open.flags, open.credentials) })
    }
}
