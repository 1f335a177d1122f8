// SPDX-License-Identifier: GPL-2.0

//! Open files: all data goes to the lower file, and only the lower file has a page cache.

#![forbid(unsafe_code)]

use crate::{
    compat::{
        error::{code, Result},
        file::{File, LockOwner},
        io::{BytesTransferred, DirContext, IoRequest, IoResult, Seek, Splice, Vma},
        ioctl::{Ioctl, IoctlResult},
        lease::{LeaseRequest, LeaseSet},
        lock::{LockRequest, Locked},
        ops,
        types::c_int,
        upper::{OpenRequest, Opened, RangeCopy, Upper},
    },
    passthrough::{ioctl, passes_through},
};

/// Whether the lower file is append-only and was opened to append.
///
/// Such a file accepts only writes that append, even if fcntl(2) cleared O_APPEND above, or the
/// write has RWF_NOAPPEND: the VFS checked the upper inode alone, whose flags may be older.
fn accepts_only_appends(file: &Upper<File>) -> bool {
    file.lower_with_current_flags().flags().is_append() && file.inode().lower().is_append_only()
}

/// The operations of all open files.
pub(crate) trait FileOperations {
    const CHANGES_FLUSH: bool = false;

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

    fn ioctl<'a>(file: &Upper<File>, ioctl: &Ioctl<'a>) -> Result<IoctlResult<'a>> {
        ioctl::do_lower(file, ioctl)
    }
}

passes_through! { FileOperations {
    const CHANGES_FLUSH: bool;
    fn open<'a>(file: OpenRequest<'a>) -> Result<Opened<'a>>;
    fn flush(file: &Upper<File>, owner: LockOwner) -> Result;
    fn fsync(file: &Upper<File>, start: i64, end: i64, only_data: bool) -> Result;
    fn lock<'a>(file: &Upper<File>, request: LockRequest<'a>) -> Result<Locked<'a>>;
    fn flock<'a>(file: &Upper<File>, request: LockRequest<'a>) -> Result<Locked<'a>>;
    fn setlease<'a>(file: &Upper<File>, request: LeaseRequest<'a>) -> Result<LeaseSet<'a>>;
    fn llseek(file: &Upper<File>, seek: Seek<'_>) -> Result<i64>;
    fn ioctl<'a>(file: &Upper<File>, ioctl: &Ioctl<'a>) -> Result<IoctlResult<'a>>;
}}

/// The operations of open regular files, which have those of all files too.
pub(crate) trait RegularFileOperations: ops::FileOperations {
    fn read_iter<'a>(file: &Upper<File>, io: IoRequest<'a>) -> IoResult<'a> {
        file.read_lower(io)
    }

    fn write_iter<'a>(file: &Upper<File>, io: IoRequest<'a>) -> IoResult<'a> {
        if !io.is_append() && accepts_only_appends(file) {
            return io.fail(code::EPERM);
        }
        file.change_data(|| file.write_lower(io))
    }

    fn mmap(file: &Upper<File>, vma: Vma<'_>) -> Result {
        file.mmap_lower(vma)
    }

    fn splice_read<'a>(file: &Upper<File>, splice: Splice<'a>) -> Result<BytesTransferred<'a>> {
        file.splice_read_lower(splice)
    }

    fn splice_write<'a>(file: &Upper<File>, splice: Splice<'a>) -> Result<BytesTransferred<'a>> {
        if accepts_only_appends(file) {
            return Err(code::EPERM);
        }
        let spliced = file.change_data(|| file.splice_write_lower(splice));
        // compat refreshes the size after a write. It does so after a splice only on some kernels,
        // and never after fallocate.
        file.inode().refresh_size();
        spliced
    }

    fn fallocate(file: &Upper<File>, mode: c_int, offset: i64, length: i64) -> Result {
        let reserved = file.change_data(|| file.lower().fallocate(mode, offset, length));
        file.inode().refresh_size();
        reserved
    }

    fn fadvise(file: &Upper<File>, offset: i64, length: i64, advice: c_int) -> Result {
        file.lower().fadvise(offset, length, advice)
    }

    fn copy_range<'a>(file: &Upper<File>, copy: RangeCopy<'a>) -> Result<BytesTransferred<'a>> {
        let copied = file.change_data(|| file.copy_range_lower(copy));
        // The size has changed, and set-id bits may be gone.
        let inode = file.inode();
        if !inode.attributes_match() {
            inode.refresh();
        }
        copied
    }
}

passes_through! { RegularFileOperations {
    fn read_iter<'a>(file: &Upper<File>, io: IoRequest<'a>) -> IoResult<'a>;
    fn write_iter<'a>(file: &Upper<File>, io: IoRequest<'a>) -> IoResult<'a>;
    fn mmap(file: &Upper<File>, vma: Vma<'_>) -> Result;
    fn splice_read<'a>(file: &Upper<File>, splice: Splice<'a>) -> Result<BytesTransferred<'a>>;
    fn splice_write<'a>(file: &Upper<File>, splice: Splice<'a>) -> Result<BytesTransferred<'a>>;
    fn fallocate(file: &Upper<File>, mode: c_int, offset: i64, length: i64) -> Result;
    fn fadvise(file: &Upper<File>, offset: i64, length: i64, advice: c_int) -> Result;
    fn copy_range<'a>(file: &Upper<File>, copy: RangeCopy<'a>) -> Result<BytesTransferred<'a>>;
}}

/// The operations of open directories, which have those of all files too.
pub(crate) trait DirectoryFileOperations: ops::FileOperations {
    fn iterate_shared(file: &Upper<File>, context: DirContext<'_>) -> Result {
        file.iterate_lower(context)
    }
}

passes_through! { DirectoryFileOperations {
    fn iterate_shared(file: &Upper<File>, context: DirContext<'_>) -> Result;
}}
