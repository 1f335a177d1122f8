// SPDX-License-Identifier: GPL-2.0

//! The functions do not exist: the lower file is spliced like any other file.
//!
//! Only without: bindings::backing_file_splice_read

use bindings::backing_file_ctx;

use super::Splice;

pub(crate) struct Answer;

impl super::BackingFileSplice for Answer {
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
