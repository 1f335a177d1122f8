// SPDX-License-Identifier: GPL-2.0

//! Question: does the kernel do a lower file's I/O on behalf of a stacking filesystem?
//!
//! `backing_file_read_iter()` and its like are there where `CONFIG_FS_STACK` is set, which overlayfs
//! and FUSE passthrough select. Their header declares them in every kernel, so that only the list of
//! exported symbols tells.
//!
//! C header: `include/linux/backing-file.h`

use bindings::{backing_file_ctx, ffi::c_int, file, iov_iter, kiocb, vm_area_struct};

use crate::compat::shims::{backing_file_ctx::EndWrite, file_mmap::FileMmap};

answers! { backing_file_io:
    "by_kernel" => by_kernel,
    "by_lower_file" => by_lower_file,
}

/// One read or write of a lower file.
pub(crate) struct Request {
    /// The lower file.
    pub(crate) lower: *mut file,
    /// Where in the file, and on behalf of which user's file.
    pub(crate) iocb: *mut kiocb,
    /// From or to which buffers.
    pub(crate) iter: *mut iov_iter,
}

/// I/O on a lower file; `H` is told of each write that is over.
pub(crate) trait BackingFileIo<H: EndWrite, M: FileMmap> {
    /// Reads; returns the bytes read or a negative errno, `EIOCBQUEUED` among them.
    ///
    /// # Safety
    ///
    /// All pointers are valid for the call, the lower file was opened by `BackingFileOpen`, and
    /// `context` was made for the user's file by `Context<H>`.
    unsafe fn read(what: &Request, context: &mut backing_file_ctx) -> isize;

    /// Writes; returns the bytes written or a negative errno, `EIOCBQUEUED` among them.
    ///
    /// # Safety
    ///
    /// As for [`Self::read`].
    unsafe fn write(what: &Request, context: &mut backing_file_ctx) -> isize;

    /// Makes `vma` a mapping of the lower file; returns zero or a negative errno.
    ///
    /// # Safety
    ///
    /// As for [`Self::read`]; `vma` is being set up, and its file is the user's.
    unsafe fn mmap(
        lower: *mut file,
        vma: *mut vm_area_struct,
        context: &mut backing_file_ctx,
    ) -> c_int;
}
