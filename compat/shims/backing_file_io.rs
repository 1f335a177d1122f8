// SPDX-License-Identifier: GPL-2.0

//! Question: does the kernel do asynchronous I/O on a lower file for a stacking filesystem?
//!
//! `backing_file_read_iter()` and the related functions exist if `CONFIG_FS_STACK` is set.
//! overlayfs and FUSE passthrough select it. The header declares the functions in every kernel, so
//! only the list of exported symbols shows whether they exist.
//!
//! A request that completes in the call needs none of them ([`Request::completes_in_call`]). It
//! does not use them where they exist either, because `backing_file_read_iter()` and
//! `backing_file_write_iter()` drop most flags of a synchronous request, such as `RWF_ATOMIC`.
//!
//! C headers: `include/linux/backing-file.h`, `include/linux/fs.h`

use core::ptr::null_mut;

use bindings::{backing_file_ctx, ffi::c_int, file, iov_iter, kiocb, vm_area_struct};

use crate::compat::shims::{
    backing_file_ctx::EndWrite, backing_file_open::BackingFileOpen, file_mmap::FileMmap,
};

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

impl Request {
    /// Whether the request is complete when the call returns.
    ///
    /// This holds for a synchronous request, and for one of io_uring that reads or writes by the
    /// page cache without waiting. Such a request returns `EAGAIN` or, with `IOCB_WAITQ`,
    /// `EIOCBQUEUED`, and io_uring then issues it again.
    ///
    /// # Safety
    ///
    /// `iocb` is valid.
    pub(crate) unsafe fn completes_in_call(&self) -> bool {
        let never_waits = bindings::IOCB_NOWAIT as i32 | bindings::IOCB_WAITQ as i32;
        // SAFETY: The safety requirements of this function ensure that `iocb` is valid.
        let (is_synchronous, flags) =
            unsafe { ((*self.iocb).ki_complete.is_none(), (*self.iocb).ki_flags) };
        is_synchronous || flags & bindings::IOCB_DIRECT as i32 == 0 && flags & never_waits != 0
    }

    /// Reads, and does not return before the request is complete. Returns the number of bytes or a
    /// negative errno. `EIOCBQUEUED` means, as for any file, that the waiting page of an
    /// `IOCB_WAITQ` request wakes its issuer.
    ///
    /// # Safety
    ///
    /// - All pointers are valid for the call, and nobody else uses `iocb` and `iter`.
    /// - The lower file is open.
    pub(crate) unsafe fn read_in_call(&self) -> isize {
        let Request { lower, iter, .. } = *self;
        // SAFETY: The safety requirements of this function ensure that `iter` is valid.
        let reads_nothing = unsafe { bindings::iov_iter_count(iter) } == 0;
        let read = |iocb| {
            if reads_nothing {
                // `vfs_iocb_iter_read()` would not call the lower filesystem, which may update the
                // access time.
                // SAFETY: `iocb` is a request for the lower file, which is open. The safety
                // requirements of this function ensure that `iter` is valid.
                return unsafe { bindings::shim_read_nothing(lower, iocb, iter) };
            }
            // SAFETY: As above.
            unsafe { bindings::vfs_iocb_iter_read(lower, iocb, iter) }
        };
        // SAFETY: The safety requirements of this function include those of the call.
        unsafe { self.with_own_kiocb(read) }
    }

    /// Writes, and does not return before the request is complete. Returns the number of bytes or a
    /// negative errno.
    ///
    /// # Safety
    ///
    /// The same as for [`Self::read_in_call`].
    pub(crate) unsafe fn write_in_call(&self) -> isize {
        let Request { lower, iter, .. } = *self;
        // SAFETY: The safety requirements of this function ensure that `iter` is valid.
        let writes_nothing = unsafe { bindings::iov_iter_count(iter) } == 0;
        let write = |iocb| {
            if writes_nothing {
                // As for reading: the lower filesystem may check the file.
                // SAFETY: `iocb` is a request for the lower file, which is open. The safety
                // requirements of this function ensure that `iter` is valid.
                return unsafe { bindings::shim_write_nothing(lower, iocb, iter) };
            }
            // SAFETY: As above.
            unsafe { bindings::vfs_iocb_iter_write(lower, iocb, iter) }
        };
        // SAFETY: The safety requirements of this function include those of the call.
        unsafe { self.with_own_kiocb(write) }
    }

    /// Hides from the lower file that the request is one of aio.
    ///
    /// The kernel's asynchronous copy of a request has all its flags. By this one, a file whose
    /// requests aio can cancel (`kiocb_set_cancel_fn()`, in functionfs) takes the copy for a part
    /// of aio's own structure, and writes to the memory around it. Nothing else reads the flag.
    ///
    /// # Safety
    ///
    /// `iocb` is valid, and nobody else uses it.
    // Only the answer for kernels that make such copies uses it.
    #[allow(dead_code)]
    unsafe fn hide_aio(&self) {
        // SAFETY: The safety requirements of this function ensure that `iocb` is valid and ours.
        unsafe { (*self.iocb).ki_flags &= !(bindings::IOCB_AIO_RW as i32) };
    }

    /// Calls `transfer` with a synchronous request for the lower file that is otherwise the user's
    /// own, and takes over the new position.
    ///
    /// # Safety
    ///
    /// `iocb` is valid for the call, and nobody else uses it.
    unsafe fn with_own_kiocb(&self, transfer: impl FnOnce(*mut kiocb) -> isize) -> isize {
        // SAFETY: The safety requirements of this function ensure that `iocb` is valid. The
        // structure is plain data, so it may be copied. The copy keeps what no answer need know:
        // all flags, the priority, and the `ki_waitq` of an `IOCB_WAITQ` request, which the issuer
        // keeps until it is woken.
        let mut own = unsafe { self.iocb.read() };
        own.ki_filp = self.lower;
        // Without a completion function, a file completes a request before it returns. So nobody
        // uses `own` after the call.
        own.ki_complete = None;
        own.private = null_mut();
        let count = transfer(&mut own);
        // SAFETY: As above, `iocb` is valid and ours.
        unsafe { (*self.iocb).ki_pos = own.ki_pos };
        count
    }
}

/// I/O on a lower file that `O` has opened, which may complete later. `H` is called after each write.
pub(crate) trait BackingFileIo<H: EndWrite, M: FileMmap, O: BackingFileOpen> {
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
