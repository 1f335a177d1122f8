// SPDX-License-Identifier: GPL-2.0

//! Open files: all data goes to the lower file, and only the lower file has a page cache.

#![forbid(unsafe_code)]

use crate::{
    compat::{
        error::{code, not_supported, Error, Result},
        file::{File, LockOwner},
        io::{BytesTransferred, DirContext, IoRequest, IoResult, Seek, Splice, Vma},
        lock::{LeaseRequest, LeaseSet, LockRequest, Locked},
        ops::{DirectoryFileOperations, FileOperations, RegularFileOperations},
        types::c_int,
        upper::{OpenRequest, Opened, Upper},
    },
    Base0fs,
};

/// The error for a write that does not append, to a lower file that is open with O_APPEND.
///
/// An append-only file stays append-only even if fcntl(2) cleared O_APPEND above: the VFS checked
/// the upper inode alone, whose flags may be older. If the lower file is not append-only, the
/// request has RWF_NOAPPEND. `backing_file_write_iter()` cannot take that flag, so the write is
/// refused. (The VFS itself refuses to splice to a file with O_APPEND.)
fn not_appending_error(file: &Upper<File>) -> Error {
    if file.inode().lower().is_append_only() {
        code::EPERM
    } else {
        not_supported()
    }
}

impl FileOperations for Base0fs {
    fn open<'a>(file: OpenRequest<'a>) -> Result<Opened<'a>> {
        let (dentry, flags) = (file.dentry(), file.flags());
        let inode = dentry.lower().positive()?;
        // The VFS checked this for the upper inode, whose flags may be older.
        if flags.is_writable()
            && (inode.is_immutable() || inode.is_append_only() && !flags.is_append())
        {
            return Err(code::EPERM);
        }
        file.open_lower()
    }

    fn flush(file: &Upper<File>, owner: LockOwner) -> Result {
        file.lower().flush(owner)
    }

    fn fsync(file: &Upper<File>, start: i64, end: i64, only_data: bool) -> Result {
        file.lower().fsync(start, end, only_data)
    }

    fn lock<'a>(file: &Upper<File>, request: LockRequest<'a>) -> Result<Locked<'a>> {
        file.lock_lower(request)
    }

    fn flock<'a>(file: &Upper<File>, request: LockRequest<'a>) -> Result<Locked<'a>> {
        file.flock_lower(request)
    }

    fn setlease<'a>(file: &Upper<File>, request: LeaseRequest<'a>) -> Result<LeaseSet<'a>> {
        file.set_lease(request)
    }

    fn llseek(file: &Upper<File>, seek: Seek<'_>) -> Result<i64> {
        file.llseek_lower(seek)
    }
}

impl RegularFileOperations for Base0fs {
    fn read_iter<'a>(file: &Upper<File>, io: IoRequest<'a>) -> IoResult<'a> {
        file.read_lower(io)
    }

    fn write_iter<'a>(file: &Upper<File>, io: IoRequest<'a>) -> IoResult<'a> {
        if !io.is_append() && file.lower_with_current_flags().flags().is_append() {
            return io.fail(not_appending_error(file));
        }
        file.write_lower(io)
    }

    fn mmap(file: &Upper<File>, vma: Vma<'_>) -> Result {
        file.mmap_lower(vma)
    }

    fn splice_read<'a>(file: &Upper<File>, splice: Splice<'a>) -> Result<BytesTransferred<'a>> {
        file.splice_read_lower(splice)
    }

    fn splice_write<'a>(file: &Upper<File>, splice: Splice<'a>) -> Result<BytesTransferred<'a>> {
        if file.lower_with_current_flags().flags().is_append() {
            return Err(not_appending_error(file));
        }
        let spliced = file.splice_write_lower(splice);
        // compat refreshes the size after a write. It does so after a splice only on some kernels,
        // and never after fallocate.
        file.inode().refresh_size();
        spliced
    }

    fn fallocate(file: &Upper<File>, mode: c_int, offset: i64, length: i64) -> Result {
        let reserved = file.lower().fallocate(mode, offset, length);
        file.inode().refresh_size();
        reserved
    }

    fn fadvise(file: &Upper<File>, offset: i64, length: i64, advice: c_int) -> Result {
        file.lower().fadvise(offset, length, advice)
    }
}

impl DirectoryFileOperations for Base0fs {
    fn iterate_shared(file: &Upper<File>, context: DirContext<'_>) -> Result {
        file.iterate_lower(context)
    }
}
