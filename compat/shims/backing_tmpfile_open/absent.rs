// SPDX-License-Identifier: GPL-2.0

//! The function does not exist: the lower file is created like a file that the kernel itself uses.
//!
//! Only unexported: bindings::backing_file_open, bindings::backing_tmpfile_open
//! Only unexported: bindings::backing_file_read_iter, bindings::backing_file_write_iter
//! Only unexported: bindings::backing_file_splice_read, bindings::backing_file_splice_write
//! Only unexported: bindings::backing_file_mmap

use bindings::{ffi::c_int, file, umode_t};

use crate::compat::{
    raw::from_err_ptr,
    shims::backing_file_open::{BackingFileOpen, OpenLower, PlainFile},
};

// The configuration is without it, so that the functions are missing on purpose.
const _: () = assert!(bindings::IS_WITHOUT_FS_STACK);

pub(crate) struct Answer;

impl<O: BackingFileOpen<Opens = PlainFile>> super::BackingTmpfileOpen<O> for Answer {
    #[inline]
    unsafe fn call(open: &OpenLower, mode: umode_t) -> Result<*mut file, c_int> {
        let &OpenLower {
            flags,
            lower,
            credentials,
            ..
        } = open;
        // SAFETY: The safety requirements of this function ensure that the path is valid, and that
        // its mount is referenced.
        let idmap = unsafe { bindings::mnt_idmap((*lower).mnt) };
        // SAFETY: The safety requirements of this function ensure that the path, which is a
        // directory's, and the credentials are valid for the call; `idmap` is the one of the path's
        // mount.
        from_err_ptr(unsafe {
            bindings::kernel_tmpfile_open(idmap, lower, mode, flags, credentials)
        })
    }
}
