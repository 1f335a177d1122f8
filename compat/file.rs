// SPDX-License-Identifier: GPL-2.0

//! Open files of any filesystem.
//!
//! C header: `include/linux/fs.h`

use core::ptr::NonNull;

use bindings::{ffi::c_int, ffi::c_uint, ffi::c_ulong, ffi::c_void};
use kernel::types::Opaque;

use super::{
    aref::{ARef, RefCounted},
    dentry::Dentry,
    error::{code, from_status, Result},
    members::{read_once, vfs_object, Members},
};

/// An open file (`struct file`).
#[repr(transparent)]
pub(crate) struct File(Opaque<bindings::file>);

vfs_object!(File, file);

// SAFETY: The VFS closes and frees a file only after its last reference is dropped. `fput()` drops
// one.
unsafe impl RefCounted for File {
    unsafe fn dec_ref(file: NonNull<Self>) {
        // SAFETY: The safety requirements of this function ensure that the caller owns a reference,
        // which this call may drop.
        unsafe { bindings::fput(file.as_ptr().cast()) };
    }
}

impl Members<File> {
    /// Whether a stacking filesystem has opened this file as its lower one.
    pub(in crate::compat) fn is_backing(&self) -> bool {
        read_once!(self, f_mode) & bindings::FMODE_BACKING != 0
    }

    /// The open flags that the file has now; fcntl(2) can change some.
    pub(crate) fn flags(&self) -> OpenFlags {
        OpenFlags(read_once!(self, f_flags))
    }
}

impl File {
    /// The dentry of its path.
    pub(in crate::compat) fn dentry(&self) -> ARef<Dentry> {
        // SAFETY: `self` is a valid open file, which keeps its path, and so the dentry of the path.
        let dentry = unsafe { bindings::dget((*bindings::shim_f_path(self.as_ptr())).dentry) };
        // SAFETY: The reference that `dget()` has taken is ours.
        unsafe { ARef::from_raw(NonNull::new_unchecked(dentry.cast())) }
    }

    /// What the file can do beyond its operations (`FOP_*`).
    pub(in crate::compat) fn operation_flags(&self) -> u32 {
        // SAFETY: `self` is a valid open file, so it has operations, which never change.
        unsafe { (*(*self.as_ptr()).f_op).fop_flags }
    }

    /// Whether the file is mapped without a page cache (`S_DAX`).
    pub(in crate::compat) fn is_dax(&self) -> bool {
        // SAFETY: `self` is a valid open file, which keeps its inode.
        let flags = unsafe { (*(*self.as_ptr()).f_inode).i_flags };
        flags & bindings::S_DAX as c_uint != 0
    }

    /// Whether the filesystem has an operation for record locks.
    pub(in crate::compat) fn has_lock_operation(&self) -> bool {
        // SAFETY: As in `operation_flags()`.
        unsafe { (*(*self.as_ptr()).f_op).lock }.is_some()
    }

    /// Whether the filesystem does anything when a descriptor of the file is closed.
    pub(in crate::compat) fn has_flush(&self) -> bool {
        // SAFETY: As in `operation_flags()`.
        unsafe { (*(*self.as_ptr()).f_op).flush }.is_some()
    }

    /// Whether the filesystem chooses the addresses of the file's mappings.
    pub(in crate::compat) fn places_mappings(&self) -> bool {
        // SAFETY: As in `operation_flags()`.
        unsafe { (*(*self.as_ptr()).f_op).get_unmapped_area }.is_some()
    }

    /// Whether the filesystem can share blocks between files (`remap_file_range`).
    pub(in crate::compat) fn shares_blocks(&self) -> bool {
        // SAFETY: As in `operation_flags()`.
        unsafe { (*(*self.as_ptr()).f_op).remap_file_range }.is_some()
    }

    /// The address that the filesystem chooses for a mapping of the file, or a negative errno, as
    /// the operation returns it; `None` if the filesystem leaves that to the kernel. For the
    /// arguments see `get_unmapped_area` of `struct file_operations`.
    pub(in crate::compat) fn place_mapping(
        &self,
        address: c_ulong,
        length: c_ulong,
        page_offset: c_ulong,
        flags: c_ulong,
    ) -> Option<c_ulong> {
        let file = self.as_ptr();
        // SAFETY: As in `operation_flags()`.
        let place = unsafe { (*(*file).f_op).get_unmapped_area }?;
        // SAFETY: `self` is a valid open file, and this is its operation.
        Some(unsafe { place(file, address, length, page_offset, flags) })
    }

    /// Writes dirty data between the byte offsets `start` and `end`, and waits until it is written.
    ///
    /// Errors: those of the filesystem, and of earlier writes that failed after they returned;
    /// `EINVAL` for a range that the VFS never passes.
    pub(crate) fn fsync(&self, start: i64, end: i64, only_data: bool) -> Result {
        if start < 0 || end < start {
            return Err(code::EINVAL);
        }
        // SAFETY: `self` is a valid open file, and the range is one that filesystems expect.
        from_status(unsafe {
            bindings::vfs_fsync_range(self.as_ptr(), start, end, c_int::from(only_data))
        })
    }

    /// Reserves, frees or zeroes `length` bytes from byte `offset` (`FALLOC_FL_*`).
    ///
    /// Errors: those of the VFS, which checks all arguments, and of the filesystem.
    pub(crate) fn fallocate(&self, mode: c_int, offset: i64, length: i64) -> Result {
        // SAFETY: `self` is a valid open file.
        from_status(unsafe { bindings::vfs_fallocate(self.as_ptr(), mode, offset, length) })
    }

    /// Tells the filesystem how `length` bytes from byte `offset` will be used (`POSIX_FADV_*`).
    ///
    /// Errors: those of the filesystem, or of the VFS for one without `fadvise`.
    pub(crate) fn fadvise(&self, offset: i64, length: i64, advice: c_int) -> Result {
        // SAFETY: `self` is a valid open file.
        from_status(unsafe { bindings::vfs_fadvise(self.as_ptr(), offset, length, advice) })
    }

    /// Does what the filesystem does when a descriptor of the file is closed; nothing if it has no
    /// such operation.
    ///
    /// Errors: those of the filesystem.
    pub(crate) fn flush(&self, owner: LockOwner) -> Result {
        // SAFETY: `self` is a valid open file. The owner is a token that nobody dereferences.
        from_status(unsafe { bindings::shim_flush(self.as_ptr(), owner.0) })
    }
}

/// The owner of POSIX record locks, such as a table of descriptors (`fl_owner_t`).
#[derive(Clone, Copy)]
pub(crate) struct LockOwner(pub(in crate::compat) *mut c_void);

/// Flags that a file is open with (`O_*`).
#[derive(Clone, Copy)]
pub(crate) struct OpenFlags(pub(in crate::compat) u32);

impl OpenFlags {
    /// Whether the file is open for writing (`O_WRONLY` or `O_RDWR`).
    pub(crate) fn is_writable(self) -> bool {
        self.0 & bindings::O_ACCMODE as u32 != bindings::O_RDONLY as u32
    }

    /// Whether each write appends to the file (`O_APPEND`).
    pub(crate) fn is_append(self) -> bool {
        self.0 & bindings::O_APPEND as u32 != 0
    }

    /// Whether reads leave the access time alone (`O_NOATIME`).
    pub(in crate::compat) fn is_noatime(self) -> bool {
        self.0 & bindings::O_NOATIME as u32 != 0
    }

    /// Whether the file is opened to be executed, as by execve(2).
    pub(in crate::compat) fn is_executed(self) -> bool {
        self.0 & bindings::__FMODE_EXEC as u32 != 0
    }

    /// The flags with which to open the lower file. The VFS has already done what the other flags
    /// ask for: it has created or truncated the file, or checked that the file is new. Opening a
    /// lower file never sets a controlling terminal.
    pub(in crate::compat) fn for_lower(self) -> Self {
        let done = bindings::O_CREAT | bindings::O_EXCL | bindings::O_NOCTTY | bindings::O_TRUNC;
        Self(self.0 & !(done as u32))
    }
}
