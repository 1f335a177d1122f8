// SPDX-License-Identifier: GPL-2.0

//! A pointer to the position.

use bindings::backing_file_ctx;

use super::Splice;

pub(crate) struct Answer;

impl super::BackingFileSplice for Answer {
    unsafe fn read(what: &Splice, context: &mut backing_file_ctx) -> isize {
        // SAFETY: By the contract of this function.
        unsafe {
            bindings::backing_file_splice_read(
                what.lower,
                what.position,
                what.pipe,
                what.length,
                what.flags,
                context,
            )
        }
    }

    unsafe fn write(what: &Splice, context: &mut backing_file_ctx) -> isize {
        // SAFETY: By the contract of this function.
        unsafe {
            bindings::backing_file_splice_write(
                what.pipe,
                what.lower,
                what.position,
                what.length,
                what.flags,
                context,
            )
        }
    }
}
