// SPDX-License-Identifier: GPL-2.0

//! Open files of any filesystem.
//!
//! C header: `include/linux/fs.h`

use core::ptr::NonNull;

use bindings::{ffi::c_int, ffi::c_void};
use kernel::types::Opaque;

use super::{
    aref::RefCounted,
    error::{code, from_status, Result},
    members::{vfs_object, Members},
};

/// An open file (`struct file`).
#[repr(transparent)]
pub(crate) struct File(Opaque<bindings::file>);

vfs_object!(File, file);

// SAFETY: `fput()` gives back a count on the file.
unsafe impl RefCounted for File {
    unsafe fn dec_ref(file: NonNull<Self>) {
        // SAFETY: The caller owns the count.
        unsafe { bindings::fput(file.as_ptr().cast()) };
    }
}

impl Members<File> {
    /// How the file is open, now.
    pub(crate) fn flags(&self) -> OpenFlags {
        // SAFETY: `self` is valid; the flags may change at any time.
        OpenFlags(unsafe { core::ptr::addr_of!((*self.as_ptr()).f_flags).read_volatile() })
    }
}

impl File {
    /// Writes out what was written to the file, between the byte offsets `start` and `end`.
    ///
    /// Errors: those of the filesystem, and of writes that failed after they had returned; `EINVAL` of
    /// offsets that the VFS never asks a filesystem for.
    pub(crate) fn fsync(&self, start: i64, end: i64, only_data: bool) -> Result {
        if start < 0 || end < start {
            return Err(code::EINVAL);
        }
        // SAFETY: `self` is valid.
        from_status(unsafe {
            bindings::vfs_fsync_range(self.as_ptr(), start, end, c_int::from(only_data))
        })
    }

    /// Reserves, frees or zeroes `length` bytes from byte `offset` (`FALLOC_FL_*`).
    pub(crate) fn fallocate(&self, mode: c_int, offset: i64, length: i64) -> Result {
        // SAFETY: `self` is valid.
        from_status(unsafe { bindings::vfs_fallocate(self.as_ptr(), mode, offset, length) })
    }

    /// Tells the filesystem how `length` bytes from byte `offset` will be used (`POSIX_FADV_*`).
    pub(crate) fn fadvise(&self, offset: i64, length: i64, advice: c_int) -> Result {
        // SAFETY: `self` is valid.
        from_status(unsafe { bindings::vfs_fadvise(self.as_ptr(), offset, length, advice) })
    }

    /// Does what the filesystem wants done when a descriptor of the file is closed.
    pub(crate) fn flush(&self, owner: LockOwner) -> Result {
        // SAFETY: `self` is valid; the owner is a token that is only compared.
        from_status(unsafe { bindings::shim_flush(self.as_ptr(), owner.0) })
    }
}

/// Who closes a descriptor: the token that record locks are kept by (`fl_owner_t`).
#[derive(Clone, Copy)]
pub(crate) struct LockOwner(pub(in crate::compat) *mut c_void);

/// How a file is opened (`O_*`).
#[derive(Clone, Copy)]
pub(crate) struct OpenFlags(pub(in crate::compat) u32);

impl OpenFlags {
    /// Whether the file can be written through.
    pub(crate) fn writes(self) -> bool {
        self.0 & bindings::O_ACCMODE as u32 != bindings::O_RDONLY as u32
    }

    /// Whether each write goes to the end.
    pub(crate) fn appends(self) -> bool {
        self.0 & bindings::O_APPEND as u32 != 0
    }

    /// Without what concerns the name alone, and is done when the file is opened: the making of it,
    /// its truncation, and the controlling terminal.
    pub(in crate::compat) fn for_lower(self) -> Self {
        let done = bindings::O_CREAT | bindings::O_EXCL | bindings::O_NOCTTY | bindings::O_TRUNC;
        Self(self.0 & !(done as u32))
    }
}
