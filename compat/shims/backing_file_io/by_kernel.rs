// SPDX-License-Identifier: GPL-2.0

//! The kernel does, in `backing_file_read_iter()` and its like.

use bindings::{backing_file_ctx, ffi::c_int, file, vm_area_struct};

use super::Request;
use crate::compat::shims::{backing_file_ctx::EndWrite, file_mmap::FileMmap};

pub(crate) struct Answer;

impl<H: EndWrite, M: FileMmap> super::BackingFileIo<H, M> for Answer {
    unsafe fn read(what: &Request, context: &mut backing_file_ctx) -> isize {
        // SAFETY: By the contract of this function.
        unsafe {
            let flags = (*what.iocb).ki_flags;
            bindings::backing_file_read_iter(what.lower, what.iter, what.iocb, flags, context)
        }
    }

    unsafe fn write(what: &Request, context: &mut backing_file_ctx) -> isize {
        // SAFETY: By the contract of this function.
        unsafe {
            let flags = (*what.iocb).ki_flags;
            bindings::backing_file_write_iter(what.lower, what.iter, what.iocb, flags, context)
        }
    }

    unsafe fn mmap(
        lower: *mut file,
        vma: *mut vm_area_struct,
        context: &mut backing_file_ctx,
    ) -> c_int {
        // SAFETY: By the contract of this function.
        unsafe { bindings::backing_file_mmap(lower, vma, context) }
    }
}
