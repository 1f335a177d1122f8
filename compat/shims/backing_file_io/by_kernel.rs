// SPDX-License-Identifier: GPL-2.0

//! The kernel does it, in `backing_file_read_iter()` and the related functions.

use bindings::{backing_file_ctx, ffi::c_int, file, iov_iter, kiocb, vm_area_struct};

use super::Request;
use crate::compat::shims::{
    backing_file_ctx::EndWrite,
    backing_file_open::{BackingFile, BackingFileOpen},
    file_mmap::FileMmap,
};

bindings::signatures! {
    bindings::backing_file_mmap: fn(*mut file, *mut vm_area_struct, *mut backing_file_ctx) -> c_int;
    bindings::backing_file_read_iter: fn(
        *mut file,
        *mut iov_iter,
        *mut kiocb,
        c_int,
        *mut backing_file_ctx,
    ) -> isize;
    bindings::backing_file_write_iter: fn(
        *mut file,
        *mut iov_iter,
        *mut kiocb,
        c_int,
        *mut backing_file_ctx,
    ) -> isize;
}

pub(crate) struct Answer;

impl<H, M, O> super::BackingFileIo<H, M, O> for Answer
where
    H: EndWrite,
    M: FileMmap,
    O: BackingFileOpen<Opens = BackingFile>,
{
    unsafe fn read(request: &Request, context: &mut backing_file_ctx) -> isize {
        let Request { lower, iocb, iter } = *request;
        // SAFETY: The safety requirements of this function ensure that `iocb` is valid, and the
        // request has not been issued yet.
        unsafe { request.hide_aio() };
        // SAFETY: As above.
        let flags = unsafe { (*iocb).ki_flags };
        // SAFETY: The safety requirements of this function ensure that the lower file is a backing
        // file, that all pointers are valid until the I/O is complete, and that `context` is for
        // this `iocb`.
        unsafe { bindings::backing_file_read_iter(lower, iter, iocb, flags, context) }
    }

    unsafe fn write(request: &Request, context: &mut backing_file_ctx) -> isize {
        let Request { lower, iocb, iter } = *request;
        // SAFETY: The safety requirements of this function ensure that `iocb` is valid, and the
        // request has not been issued yet.
        unsafe { request.hide_aio() };
        // SAFETY: As above.
        let flags = unsafe { (*iocb).ki_flags };
        // SAFETY: The safety requirements of this function ensure that the lower file is a backing
        // file, that all pointers are valid until the I/O is complete, and that `context` is for
        // this `iocb`.
        unsafe { bindings::backing_file_write_iter(lower, iter, iocb, flags, context) }
    }

    unsafe fn mmap(
        lower: *mut file,
        vma: *mut vm_area_struct,
        context: &mut backing_file_ctx,
    ) -> c_int {
        // SAFETY: The safety requirements of this function ensure that `lower` is a backing file,
        // that `vma` is being set up, and that `context` is for the user's file.
        unsafe { bindings::backing_file_mmap(lower, vma, context) }
    }
}
