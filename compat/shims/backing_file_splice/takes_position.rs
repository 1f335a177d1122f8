// SPDX-License-Identifier: GPL-2.0

//! They receive a pointer to it.

use bindings::{backing_file_ctx, ffi::c_uint, file, loff_t, pipe_inode_info};

use super::Splice;
use crate::compat::shims::backing_file_open::{BackingFile, BackingFileOpen};

bindings::signatures! {
    bindings::backing_file_splice_read: fn(
        *mut file,
        *mut loff_t,
        *mut pipe_inode_info,
        usize,
        c_uint,
        *mut backing_file_ctx,
    ) -> isize;
    bindings::backing_file_splice_write: fn(
        *mut pipe_inode_info,
        *mut file,
        *mut loff_t,
        usize,
        c_uint,
        *mut backing_file_ctx,
    ) -> isize;
}

pub(crate) struct Answer;

impl<O: BackingFileOpen<Opens = BackingFile>> super::BackingFileSplice<O> for Answer {
    unsafe fn read(splice: &Splice, context: &mut backing_file_ctx) -> isize {
        // SAFETY: The safety requirements of this function ensure that all pointers are valid, that
        // the lower file is a backing file, and that `context` is for the user's file.
        unsafe {
            bindings::backing_file_splice_read(
                splice.lower,
                splice.position,
                splice.pipe,
                splice.length,
                splice.flags,
                context,
            )
        }
    }

    unsafe fn write(splice: &Splice, context: &mut backing_file_ctx) -> isize {
        // SAFETY: The safety requirements of this function ensure that all pointers are valid, that
        // the lower file is a backing file, and that `context` is for the user's file.
        unsafe {
            bindings::backing_file_splice_write(
                splice.pipe,
                splice.lower,
                splice.position,
                splice.length,
                splice.flags,
                context,
            )
        }
    }
}
