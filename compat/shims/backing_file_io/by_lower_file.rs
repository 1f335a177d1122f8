// SPDX-License-Identifier: GPL-2.0

//! The kernel does not: the lower file is read and written like any other file.
//!
//! An asynchronous request is complete when the call returns. Its issuer has to expect that of any
//! file.
//!
//! Only without: bindings::backing_file_read_iter

use core::ptr::addr_of_mut;

use bindings::{backing_file_ctx, ffi::c_int, file, vm_area_struct};

use super::Request;
use crate::compat::shims::{backing_file_ctx::EndWrite, file_mmap::FileMmap};

pub(crate) struct Answer;

impl<H: EndWrite, M: FileMmap> super::BackingFileIo<H, M> for Answer {
    unsafe fn read(request: &Request, _context: &mut backing_file_ctx) -> isize {
        let Request { lower, iocb, iter } = *request;
        // SAFETY: The safety requirements of this function ensure that `iocb` is valid.
        let (position, flags) = unsafe { (addr_of_mut!((*iocb).ki_pos), flags(request)) };
        // SAFETY: The safety requirements of this function ensure that the file and the buffers are
        // valid; `position` points into the valid `iocb`.
        unsafe { bindings::vfs_iter_read(lower, iter, position, flags) }
    }

    unsafe fn write(request: &Request, _context: &mut backing_file_ctx) -> isize {
        let Request { lower, iocb, iter } = *request;
        // SAFETY: The safety requirements of this function ensure that `iocb` is valid.
        let (position, flags) = unsafe { (addr_of_mut!((*iocb).ki_pos), flags(request)) };
        // SAFETY: The safety requirements of this function ensure that the file and the buffers are
        // valid; `position` points into the valid `iocb`.
        let written = unsafe { bindings::vfs_iter_write(lower, iter, position, flags) };
        // SAFETY: The context was made for the file of `iocb`, which holds a reference to it.
        unsafe { H::end_write((*iocb).ki_filp) };
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

/// The flags of the request that do not come from its file: those of `preadv2(2)` (`RWF_*`).
///
/// # Safety
///
/// `request.iocb` is valid.
unsafe fn flags(request: &Request) -> bindings::rwf_t {
    let of_request = bindings::IOCB_NOWAIT
        | bindings::IOCB_HIPRI
        | bindings::IOCB_DSYNC
        | bindings::IOCB_SYNC
        | bindings::IOCB_APPEND;
    // SAFETY: The safety requirements of this function ensure that `iocb` is valid.
    unsafe { (*request.iocb).ki_flags & of_request }
}
