// SPDX-License-Identifier: GPL-2.0

//! The kernel does not: the lower file is read and written like any other file.
//!
//! An asynchronous request is complete when the call returns. Its issuer has to expect that of any
//! file.
//!
//! Only without: bindings::backing_file_read_iter

use bindings::{backing_file_ctx, ffi::c_int, file, vm_area_struct};

use super::Request;
use crate::compat::shims::{backing_file_ctx::EndWrite, file_mmap::FileMmap};

pub(crate) struct Answer;

impl<H: EndWrite, M: FileMmap> super::BackingFileIo<H, M> for Answer {
    unsafe fn read(request: &Request, _context: &mut backing_file_ctx) -> isize {
        // SAFETY: The safety requirements of this function include those of the call.
        unsafe { request.read_in_call() }
    }

    unsafe fn write(request: &Request, _context: &mut backing_file_ctx) -> isize {
        // SAFETY: The safety requirements of this function include those of the call.
        let written = unsafe { request.write_in_call() };
        // SAFETY: The context was made for the file of `iocb`, which holds a reference to it.
        unsafe { H::end_write((*request.iocb).ki_filp) };
        written
    }

    unsafe fn mmap(
        lower: *mut file,
        vma: *mut vm_area_struct,
        _context: &mut backing_file_ctx,
    ) -> c_int {
        // SAFETY: The safety requirements of this function ensure that `lower` is valid and open.
        if !unsafe { M::is_possible(lower) } {
            return -bindings::ENODEV;
        }
        // SAFETY: `vma` is being set up. The call moves its reference from the user's file to
        // `lower`.
        unsafe { bindings::vma_set_file(vma, lower) };
        // SAFETY: `lower` can be mapped, and is the file of `vma` since the call above.
        unsafe { M::call(lower, vma) }
    }
}
