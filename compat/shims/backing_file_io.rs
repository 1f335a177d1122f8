// SPDX-License-Identifier: GPL-2.0

//! Question: does the kernel do the I/O on a lower file for a stacking filesystem?
//!
//! `backing_file_read_iter()` and the related functions exist if `CONFIG_FS_STACK` is set.
//! overlayfs and FUSE passthrough select it. The header declares the functions in every kernel, so
//! only the list of exported symbols shows whether they exist.
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
    /// The user's request: its file, the position and the flags.
    pub(crate) iocb: *mut kiocb,
    /// The buffers to read into or to write from.
    pub(crate) iter: *mut iov_iter,
}

/// I/O on a lower file. `H` is called after each write.
pub(crate) trait BackingFileIo<H: EndWrite, M: FileMmap> {
    /// Reads. Returns the number of bytes or a negative errno, which may be `EIOCBQUEUED`.
    ///
    /// # Safety
    ///
    /// - All pointers of `request` are valid until the I/O is complete.
    /// - The lower file was opened by `BackingFileOpen` or `BackingTmpfileOpen`.
    /// - `context` was made by `Context<H>` for the file of `request.iocb`.
    unsafe fn read(request: &Request, context: &mut backing_file_ctx) -> isize;

    /// Writes. Returns the number of bytes or a negative errno, which may be `EIOCBQUEUED`.
    ///
    /// # Safety
    ///
    /// The same as for [`Self::read`].
    unsafe fn write(request: &Request, context: &mut backing_file_ctx) -> isize;

    /// Makes `vma` a mapping of the lower file. Returns zero or a negative errno.
    ///
    /// # Safety
    ///
    /// - `lower` was opened by `BackingFileOpen` or `BackingTmpfileOpen`, and is valid for the
    ///   call.
    /// - `vma` is being set up by the VFS, and its file is the user's.
    /// - `context` was made by `Context<H>` for the user's file.
    unsafe fn mmap(
        lower: *mut file,
        vma: *mut vm_area_struct,
        context: &mut backing_file_ctx,
    ) -> c_int;
}
