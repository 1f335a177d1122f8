// SPDX-License-Identifier: GPL-2.0

//! There is no such function: the lower file is made as the kernel makes its own.
//!
//! Only without: bindings::backing_tmpfile_open

use bindings::{cred, ffi::c_int, file, path, umode_t};

use crate::compat::raw::from_err_ptr;

pub(crate) struct Answer;

impl super::BackingTmpfileOpen for Answer {
    unsafe fn call(
        _user_file: *const file,
        flags: c_int,
        lower: *const path,
        mode: umode_t,
        credentials: *const cred,
    ) -> Result<*mut file, c_int> {
        // SAFETY: By the contract of this function; the path is counted, and so is its mount.
        from_err_ptr(unsafe {
            let idmap = bindings::mnt_idmap((*lower).mnt);
            bindings::kernel_tmpfile_open(idmap, lower, mode, flags, credentials)
        })
    }
}
