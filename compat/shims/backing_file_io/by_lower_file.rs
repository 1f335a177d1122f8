// SPDX-License-Identifier: GPL-2.0

//! The kernel does not: the lower file is read and written like any other file.
//!
//! An asynchronous request is complete when the call returns. Its issuer has to expect that of any
//! file.
//!
//! Only unexported: bindings::backing_file_open, bindings::backing_tmpfile_open
//! Only unexported: bindings::backing_file_read_iter, bindings::backing_file_write_iter
//! Only unexported: bindings::backing_file_splice_read, bindings::backing_file_splice_write
//! Only unexported: bindings::backing_file_mmap

use bindings::{backing_file_ctx, ffi::c_int, file, vm_area_struct};

use super::Request;
use crate::compat::shims::{
    backing_file_ctx::EndWrite,
    backing_file_open::{BackingFileOpen, PlainFile},
    file_mmap::FileMmap,
};

bindings::signatures! {
    bindings::vma_set_file: fn(*mut vm_area_struct, *mut file);
}

// The configuration is without it, so that the functions are missing on purpose.
const _: () = assert!(bindings::IS_WITHOUT_FS_STACK);

pub(crate) struct Answer;

impl<H, M, O> super::BackingFileIo<H, M, O> for Answer
where
    H: EndWrite,
    M: FileMmap,
    O: BackingFileOpen<Opens = PlainFile>,
{
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
