// SPDX-License-Identifier: GPL-2.0

//! Requests of the VFS for the data of an open file: reads and writes, splices, mappings, directory
//! entries, extents.
//!
//! Each request is made once for one call of an operation, and consumed by the function that does
//! the work.
//!
//! ```
//! use crate::compat::{
//!     error::code,
//!     file::File,
//!     io::{IoRequest, IoResult},
//!     upper::Upper,
//! };
//!
//! /// Refuses writes that do not append.
//! fn write_iter<'a>(file: &Upper<File>, io: IoRequest<'a>) -> IoResult<'a> {
//!     if !io.is_append() {
//!         return io.fail(code::EPERM);
//!     }
//!     file.write_lower(io)
//! }
//! ```
//!
//! C headers: `include/linux/fs.h`, `include/linux/uio.h`, `include/linux/mm_types.h`

use core::marker::PhantomData;

use bindings::{ffi::c_int, ffi::c_uint, loff_t};

use super::{
    error::{code, from_count, from_status, Error, Result},
    file::File,
    inode::Inode,
    members::Members,
    shims::backing_file_splice,
};

/// One read or write: the position in the file, and the buffers (`struct kiocb`, `struct
/// iov_iter`).
///
/// # Invariants
///
/// Both pointers are valid, and nobody else uses what they point to while the value lives.
pub(crate) struct IoRequest<'a> {
    iocb: *mut bindings::kiocb,
    iter: *mut bindings::iov_iter,
    _lifetime: PhantomData<&'a mut bindings::kiocb>,
}

impl<'a> IoRequest<'a> {
    /// # Safety
    ///
    /// Both pointers are valid, and nobody else uses what they point to while the value lives.
    pub(in crate::compat) unsafe fn from_raw(
        iocb: *mut bindings::kiocb,
        iter: *mut bindings::iov_iter,
    ) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        Self {
            iocb,
            iter,
            _lifetime: PhantomData,
        }
    }

    /// The two pointers.
    pub(in crate::compat) fn into_raw(self) -> (*mut bindings::kiocb, *mut bindings::iov_iter) {
        (self.iocb, self.iter)
    }

    /// Whether a write appends to the file (`IOCB_APPEND`).
    pub(crate) fn is_append(&self) -> bool {
        // SAFETY: The type invariants ensure that the pointer is valid and that nobody writes to
        // it.
        unsafe { (*self.iocb).ki_flags & bindings::IOCB_APPEND as i32 != 0 }
    }

    /// Whether the request may wait: for locks, for memory, for the device (not `IOCB_NOWAIT`).
    pub(crate) fn may_wait(&self) -> bool {
        // SAFETY: The type invariants ensure that the pointer is valid and that nobody writes to
        // it.
        unsafe { (*self.iocb).ki_flags & bindings::IOCB_NOWAIT as i32 == 0 }
    }

    /// Ends the request with `error`. Nothing was read or written.
    pub(crate) fn fail(self, error: Error) -> IoResult<'a> {
        // `EIOCBQUEUED` would make the VFS wait for a completion that nobody sends.
        let error = if error == code::EIOCBQUEUED {
            code::EIO
        } else {
            error
        };
        IoResult(error.to_errno() as isize, PhantomData)
    }
}

/// The result of an [`IoRequest`]: the number of bytes, an error, or that it completes later
/// (`EIOCBQUEUED`).
///
/// Only the request itself, or the lower file that has done it, makes one. An operation that has to
/// return an `IoResult` can therefore not invent a byte count. It cannot give up a request that the
/// lower file still works on. It cannot leave the VFS waiting for a request that nobody works on.
#[must_use]
pub(crate) struct IoResult<'a>(isize, PhantomData<&'a mut bindings::kiocb>);

impl<'a> IoResult<'a> {
    /// # Safety
    ///
    /// `count` is what the lower file returned for the [`IoRequest`] of this lifetime.
    pub(in crate::compat) unsafe fn new(count: isize) -> Self {
        Self(count, PhantomData)
    }

    /// What the VFS expects: a count or a negative errno.
    pub(in crate::compat) fn into_raw(self) -> isize {
        self.0
    }
}

/// The number of bytes that one request has transferred, never more than it asked for.
///
/// Only the function that transfers them, and consumes the request, makes one.
#[must_use]
pub(crate) struct BytesTransferred<'a>(usize, PhantomData<&'a ()>);

impl<'a> BytesTransferred<'a> {
    /// Converts what C returns as a count or a negative errno.
    ///
    /// # Safety
    ///
    /// `count` is what C returned for the request of this lifetime.
    pub(in crate::compat) unsafe fn new(count: isize) -> Result<Self> {
        Ok(Self(from_count(count)?, PhantomData))
    }

    /// Converts to what the VFS expects: a count or a negative errno.
    pub(in crate::compat) fn into_raw(transferred: Result<Self>) -> isize {
        match transferred {
            Ok(bytes) => bytes.0 as isize,
            Err(error) => error.to_errno() as isize,
        }
    }
}

/// One splice between a file and a pipe.
pub(crate) struct Splice<'a> {
    position: *mut loff_t,
    pipe: *mut bindings::pipe_inode_info,
    length: usize,
    flags: c_uint,
    _lifetime: PhantomData<&'a mut loff_t>,
}

impl Splice<'_> {
    /// # Safety
    ///
    /// Both pointers are valid while the value lives. Nobody else uses the position, and this task
    /// may splice with the pipe.
    pub(in crate::compat) unsafe fn from_raw(
        position: *mut loff_t,
        pipe: *mut bindings::pipe_inode_info,
        length: usize,
        flags: c_uint,
    ) -> Self {
        Self {
            position,
            pipe,
            length,
            flags,
            _lifetime: PhantomData,
        }
    }

    /// The same splice, of the file `lower` and on behalf of `user_file`.
    pub(in crate::compat) fn with_files(
        self,
        lower: &File,
        user_file: &Members<File>,
    ) -> backing_file_splice::Splice {
        backing_file_splice::Splice {
            lower: lower.as_ptr(),
            user_file: user_file.as_ptr(),
            position: self.position,
            pipe: self.pipe,
            length: self.length,
            flags: self.flags,
        }
    }
}

/// A request to move the position of an open file (`SEEK_*`).
///
/// While a `Seek` exists, nobody else moves the position of that file: the VFS holds `f_pos_lock`,
/// or one task alone has the file.
pub(crate) struct Seek<'a> {
    pub(in crate::compat) offset: loff_t,
    pub(in crate::compat) whence: c_int,
    _lifetime: PhantomData<&'a mut loff_t>,
}

impl Seek<'_> {
    /// # Safety
    ///
    /// While the value lives, nobody else moves the position of the file that the request is for.
    pub(in crate::compat) unsafe fn new(offset: loff_t, whence: c_int) -> Self {
        Self {
            offset,
            whence,
            _lifetime: PhantomData,
        }
    }
}

/// A memory mapping that is being set up (`struct vm_area_struct`).
pub(crate) struct Vma<'a>(*mut bindings::vm_area_struct, PhantomData<&'a mut ()>);

impl Vma<'_> {
    /// # Safety
    ///
    /// While the value lives, `vma` is valid, and an `mmap` operation sets it up.
    pub(in crate::compat) unsafe fn from_raw(vma: *mut bindings::vm_area_struct) -> Self {
        Self(vma, PhantomData)
    }

    /// The pointer.
    pub(in crate::compat) fn into_raw(self) -> *mut bindings::vm_area_struct {
        self.0
    }
}

/// The output for the entries of a directory (`struct dir_context`).
///
/// The lower directory gets it unchanged. So the caller sees the lower names, types and inode
/// numbers, and compat need not know the members, which differ between kernels.
///
/// While a `DirContext` exists, nobody else reads that open directory or moves its position: the
/// VFS holds `f_pos_lock`, or one task alone has the file.
///
/// # Invariants
///
/// The pointer is valid, and nobody else uses what it points to while the value lives.
pub(crate) struct DirContext<'a>(*mut bindings::dir_context, PhantomData<&'a mut ()>);

impl DirContext<'_> {
    /// # Safety
    ///
    /// While the value lives, `context` is valid, nobody else uses it, and nobody else reads the
    /// open directory or moves its position.
    pub(in crate::compat) unsafe fn from_raw(context: *mut bindings::dir_context) -> Self {
        // INVARIANT: The safety requirements of this function include the type invariants.
        Self(context, PhantomData)
    }

    /// The pointer.
    pub(in crate::compat) fn as_ptr(&mut self) -> *mut bindings::dir_context {
        self.0
    }

    /// The position to read entries from, in the filesystem's own units.
    pub(in crate::compat) fn position(&self) -> loff_t {
        // SAFETY: The type invariants ensure that the pointer is valid and that nobody writes to
        // it.
        unsafe { (*self.0).pos }
    }
}

/// A request to list the extents of a file (`struct fiemap_extent_info`).
///
/// The lower file gets the output unchanged, and writes the extents to the caller's memory.
///
/// # Invariants
///
/// The pointer is valid, and nobody else uses what it points to while the value lives.
pub(crate) struct Fiemap<'a> {
    info: *mut bindings::fiemap_extent_info,
    start: u64,
    length: u64,
    _lifetime: PhantomData<&'a mut bindings::fiemap_extent_info>,
}

impl Fiemap<'_> {
    /// # Safety
    ///
    /// While the value lives, `info` is valid, and nobody else uses what it points to.
    pub(in crate::compat) unsafe fn from_raw(
        info: *mut bindings::fiemap_extent_info,
        start: u64,
        length: u64,
    ) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        Self {
            info,
            start,
            length,
            _lifetime: PhantomData,
        }
    }
}

impl Inode {
    /// Lists the extents of the file. May lock the inode.
    ///
    /// Errors: `EOPNOTSUPP` if the filesystem cannot list them; those of the filesystem, which
    /// checks range and flags.
    pub(crate) fn fiemap(&self, request: Fiemap<'_>) -> Result {
        // SAFETY: `self` is a valid inode. The type invariants of `Fiemap` ensure that `info` is
        // valid and ours. It is what the VFS made for this call.
        from_status(unsafe {
            bindings::shim_fiemap(self.as_ptr(), request.info, request.start, request.length)
        })
    }
}
