// SPDX-License-Identifier: GPL-2.0

//! What the VFS hands down with a request for data: buffers, pipes, mappings, lists of entries.
//!
//! C headers: `include/linux/fs.h`, `include/linux/uio.h`, `include/linux/mm_types.h`

use core::marker::PhantomData;

use bindings::{ffi::c_int, ffi::c_uint, loff_t};

use super::{
    error::{code, from_count, Error, Result},
    file::File,
    shims::backing_file_splice,
    upper::Upper,
};

/// One read or write: where in the file, from or to which buffers (`struct kiocb`, `iov_iter`).
///
/// It is made once for each request and consumed by what answers it.
pub(crate) struct Io<'a> {
    iocb: *mut bindings::kiocb,
    iter: *mut bindings::iov_iter,
    _lifetime: PhantomData<&'a mut bindings::kiocb>,
}

impl<'a> Io<'a> {
    /// # Safety
    ///
    /// Both are valid and used by nobody else while the value lives.
    pub(in crate::compat) unsafe fn from_raw(
        iocb: *mut bindings::kiocb,
        iter: *mut bindings::iov_iter,
    ) -> Self {
        Self {
            iocb,
            iter,
            _lifetime: PhantomData,
        }
    }

    pub(in crate::compat) fn into_raw(self) -> (*mut bindings::kiocb, *mut bindings::iov_iter) {
        (self.iocb, self.iter)
    }

    /// Whether a write goes to the end of the file (`IOCB_APPEND`).
    pub(crate) fn appends(&self) -> bool {
        // SAFETY: Valid while the value lives.
        unsafe { (*self.iocb).ki_flags & bindings::IOCB_APPEND as i32 != 0 }
    }

    /// Whether the caller will wait: for locks, for space, for the device (not `IOCB_NOWAIT`).
    pub(crate) fn may_wait(&self) -> bool {
        // SAFETY: Valid while the value lives.
        unsafe { (*self.iocb).ki_flags & bindings::IOCB_NOWAIT as i32 == 0 }
    }

    /// Answers the request with `error`, before anything was done.
    pub(crate) fn fail(self, error: Error) -> IoResult<'a> {
        // To the VFS this one means that somebody will complete the request, and nobody would.
        let error = if error == code::EIOCBQUEUED {
            code::EIO
        } else {
            error
        };
        IoResult(error.to_errno() as isize, PhantomData)
    }
}

/// What became of an [`Io`]: the bytes of it that are done, an error, or that it will be completed
/// later.
///
/// Each comes from the request that it answers, of which there is one in an operation. So an operation
/// that has to return an `IoResult` can neither make up a count, nor give up a request that the lower
/// file still works on, nor wait for one that nobody works on.
#[must_use]
pub(crate) struct IoResult<'a>(isize, PhantomData<&'a mut bindings::kiocb>);

impl<'a> IoResult<'a> {
    /// # Safety
    ///
    /// `count` is what the lower file has answered to the request that `'a` is the lifetime of.
    pub(in crate::compat) unsafe fn new(count: isize) -> Self {
        Self(count, PhantomData)
    }

    pub(in crate::compat) fn into_raw(self) -> isize {
        self.0
    }
}

/// How many bytes were moved for one request, and never more than it asked for.
///
/// Only what moves them makes one, of the request that it consumes.
#[must_use]
pub(crate) struct Transferred<'a>(usize, PhantomData<&'a ()>);

impl<'a> Transferred<'a> {
    /// What C returns as a count or a negative errno.
    ///
    /// # Safety
    ///
    /// `count` is what C has answered to the request that `'a` is the lifetime of.
    pub(in crate::compat) unsafe fn new(count: isize) -> Result<Self> {
        Ok(Self(from_count(count)?, PhantomData))
    }

    /// What C wants of a result: a count or a negative errno.
    pub(in crate::compat) fn into_raw(moved: Result<Self>) -> isize {
        match moved {
            Ok(moved) => moved.0 as isize,
            Err(error) => error.to_errno() as isize,
        }
    }
}

/// One splice between a file and a pipe; consumed by what does it.
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
    /// Both pointers are valid and used by nobody else while the value lives.
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

    pub(in crate::compat) fn with_files(
        self,
        lower: &File,
        user_file: &Upper<File>,
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

/// Where the position of an open file is to be moved (`SEEK_*`).
///
/// There is one while the VFS, or whoever else has the file for itself, moves the position: two tasks
/// never move that of one file at once.
pub(crate) struct Seek<'a> {
    pub(in crate::compat) offset: loff_t,
    pub(in crate::compat) whence: c_int,
    _lifetime: PhantomData<&'a mut loff_t>,
}

impl Seek<'_> {
    /// # Safety
    ///
    /// The position of a file is being moved while the value lives, and nobody else moves it then.
    pub(in crate::compat) unsafe fn new(offset: loff_t, whence: c_int) -> Self {
        Self {
            offset,
            whence,
            _lifetime: PhantomData,
        }
    }
}

/// A mapping that is being set up (`struct vm_area_struct`); consumed by what does it.
pub(crate) struct Vma<'a>(*mut bindings::vm_area_struct, PhantomData<&'a mut ()>);

impl Vma<'_> {
    /// # Safety
    ///
    /// `vma` is valid, and its `mmap` is going on, while the value lives.
    pub(in crate::compat) unsafe fn from_raw(vma: *mut bindings::vm_area_struct) -> Self {
        Self(vma, PhantomData)
    }

    pub(in crate::compat) fn into_raw(self) -> *mut bindings::vm_area_struct {
        self.0
    }
}

/// Where the entries of a directory go to (`struct dir_context`).
///
/// It is handed to the lower directory as it is: names, types and inode numbers of the entries reach
/// the caller untouched, and no kernel's members of it need to be known.
///
/// There is one while the VFS, or whoever else has the file for itself, reads the directory: two tasks
/// never read one open directory at once.
pub(crate) struct DirContext<'a>(*mut bindings::dir_context, PhantomData<&'a mut ()>);

impl DirContext<'_> {
    /// # Safety
    ///
    /// `context` is valid and used by nobody else while the value lives, and neither is the position of
    /// the open directory that is read into it.
    pub(in crate::compat) unsafe fn from_raw(context: *mut bindings::dir_context) -> Self {
        Self(context, PhantomData)
    }

    pub(in crate::compat) fn as_ptr(&mut self) -> *mut bindings::dir_context {
        self.0
    }

    /// From where on entries are wanted, as the directory counts them.
    pub(in crate::compat) fn position(&self) -> loff_t {
        // SAFETY: Valid while the value lives.
        unsafe { (*self.0).pos }
    }
}
