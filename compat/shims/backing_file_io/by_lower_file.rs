// SPDX-License-Identifier: GPL-2.0

//! It does not: the lower file is read and written as any file in the kernel's hands.
//!
//! An asynchronous request is done before it returns, which its issuer has to expect of any file.
//!
//! Only without: bindings::backing_file_read_iter

use bindings::{backing_file_ctx, ffi::c_int, file, vm_area_struct};

use super::Request;
use crate::compat::shims::{backing_file_ctx::EndWrite, file_mmap::FileMmap};

pub(crate) struct Answer;

impl<H: EndWrite, M: FileMmap> super::BackingFileIo<H, M> for Answer {
    unsafe fn read(what: &Request, _context: &mut backing_file_ctx) -> isize {
        // SAFETY: By the contract of this function.
        unsafe {
            let position = core::ptr::addr_of_mut!((*what.iocb).ki_pos);
            bindings::vfs_iter_read(what.lower, what.iter, position, flags(what))
        }
    }

    unsafe fn write(what: &Request, _context: &mut backing_file_ctx) -> isize {
        // SAFETY: By the contract of this function. The `kiocb` counts the user's file.
        unsafe {
            let position = core::ptr::addr_of_mut!((*what.iocb).ki_pos);
            let written = bindings::vfs_iter_write(what.lower, what.iter, position, flags(what));
            H::end_write((*what.iocb).ki_filp);
            written
        }
    }

    unsafe fn mmap(
        lower: *mut file,
        vma: *mut vm_area_struct,
        _context: &mut backing_file_ctx,
    ) -> c_int {
        // SAFETY: By the contract of this function; from `vma_set_file()` on the mapping counts the
        // lower file in the place of the user's.
        unsafe {
            if !M::is_possible(lower) {
                return -bindings::ENODEV;
            }
            bindings::vma_set_file(vma, lower);
            M::call(lower, vma)
        }
    }
}

/// What the request wants beyond the flags of the lower file, as `preadv2(2)` has it (`RWF_*`).
///
/// # Safety
///
/// The request's `kiocb` is valid.
unsafe fn flags(what: &Request) -> bindings::rwf_t {
    let shared = bindings::IOCB_NOWAIT
        | bindings::IOCB_HIPRI
        | bindings::IOCB_DSYNC
        | bindings::IOCB_SYNC
        | bindings::IOCB_APPEND;
    // SAFETY: By the contract of this function.
    unsafe { (*what.iocb).ki_flags & shared }
}
