// SPDX-License-Identifier: GPL-2.0

//! The functions do not exist: the lower file is spliced like any other file.
//!
//! Only unexported: bindings::backing_file_open, bindings::backing_tmpfile_open
//! Only unexported: bindings::backing_file_read_iter, bindings::backing_file_write_iter
//! Only unexported: bindings::backing_file_splice_read, bindings::backing_file_splice_write
//! Only unexported: bindings::backing_file_mmap

use bindings::{backing_file_ctx, ffi::c_uint, file, loff_t, pipe_inode_info};

use super::Splice;
use crate::compat::shims::backing_file_open::{BackingFileOpen, PlainFile};

bindings::signatures! {
    bindings::vfs_splice_read: fn(
        *mut file,
        *mut loff_t,
        *mut pipe_inode_info,
        usize,
        c_uint,
    ) -> isize;
}

// The configuration is without it, so that the functions are missing on purpose.
const _: () = assert!(bindings::IS_WITHOUT_FS_STACK);

pub(crate) struct Answer;

impl<O: BackingFileOpen<Opens = PlainFile>> super::BackingFileSplice<O> for Answer {
    unsafe fn read(splice: &Splice, _context: &mut backing_file_ctx) -> isize {
        // SAFETY: The safety requirements of this function ensure that all pointers are valid.
        unsafe {
            bindings::vfs_splice_read(
                splice.lower,
                splice.position,
                splice.pipe,
                splice.length,
                splice.flags,
            )
        }
    }

    unsafe fn write(splice: &Splice, _context: &mut backing_file_ctx) -> isize {
        // SAFETY: The safety requirements of this function ensure that all pointers are valid.
        unsafe {
            bindings::shim_splice_write(
                splice.pipe,
                splice.lower,
                splice.position,
                splice.length,
                splice.flags,
            )
        }
    }
}
