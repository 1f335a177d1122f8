// SPDX-License-Identifier: GPL-2.0

//! What the VFS hands down with a request for data: buffers, pipes, mappings, lists of entries.
//!
//! C headers: `include/linux/fs.h`, `include/linux/uio.h`, `include/linux/mm_types.h`

use core::marker::PhantomData;

use bindings::{ffi::c_uint, loff_t};

use super::{file::File, shims::backing_file_splice, upper::Upper};

/// One read or write: where in the file, from or to which buffers (`struct kiocb`, `iov_iter`).
pub(crate) struct Io<'a> {
    iocb: *mut bindings::kiocb,
    iter: *mut bindings::iov_iter,
    _lifetime: PhantomData<&'a mut bindings::kiocb>,
}

impl Io<'_> {
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

    pub(in crate::compat) fn as_ptrs(&mut self) -> (*mut bindings::kiocb, *mut bindings::iov_iter) {
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
        &self,
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

/// A mapping that is being set up (`struct vm_area_struct`).
pub(crate) struct Vma<'a>(*mut bindings::vm_area_struct, PhantomData<&'a mut ()>);

impl Vma<'_> {
    /// # Safety
    ///
    /// `vma` is valid, and its `mmap` is going on, while the value lives.
    pub(in crate::compat) unsafe fn from_raw(vma: *mut bindings::vm_area_struct) -> Self {
        Self(vma, PhantomData)
    }

    pub(in crate::compat) fn as_ptr(&self) -> *mut bindings::vm_area_struct {
        self.0
    }
}

/// Where the entries of a directory go to (`struct dir_context`).
///
/// It is handed to the lower directory as it is: names, types and inode numbers of the entries reach
/// the caller untouched, and no kernel's members of it need to be known.
pub(crate) struct DirContext<'a>(*mut bindings::dir_context, PhantomData<&'a mut ()>);

impl DirContext<'_> {
    /// # Safety
    ///
    /// `context` is valid and used by nobody else while the value lives.
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
