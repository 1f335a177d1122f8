// SPDX-License-Identifier: GPL-2.0

//! There are no such functions: the lower file is spliced as any file in the kernel's hands.
//!
//! Only without: bindings::backing_file_splice_read

use bindings::backing_file_ctx;

use super::Splice;

pub(crate) struct Answer;

impl super::BackingFileSplice for Answer {
    unsafe fn read(what: &Splice, _context: &mut backing_file_ctx) -> isize {
        // SAFETY: By the contract of this function.
        unsafe {
            bindings::vfs_splice_read(
                what.lower,
                what.position,
                what.pipe,
                what.length,
                what.flags,
            )
        }
    }

    unsafe fn write(what: &Splice, _context: &mut backing_file_ctx) -> isize {
        // SAFETY: By the contract of this function.
        unsafe {
            bindings::shim_splice_write(
                what.pipe,
                what.lower,
                what.position,
                what.length,
                what.flags,
            )
        }
    }
}
