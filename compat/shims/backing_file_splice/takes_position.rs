// SPDX-License-Identifier: GPL-2.0

//! They receive a pointer to it.

use bindings::backing_file_ctx;

use super::Splice;

pub(crate) struct Answer;

impl super::BackingFileSplice for Answer {
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
