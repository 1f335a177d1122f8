// SPDX-License-Identifier: GPL-2.0

//! Open files: data goes to the lower file, through the lower file's page cache alone.

#![forbid(unsafe_code)]

use crate::{
    compat::{
        error::{code, not_supported, Error, Result},
        file::{File, LockOwner},
        io::{DirContext, Io, IoResult, Seek, Splice, Transferred, Vma},
        ops::{DirectoryFileOperations, FileOperations, RegularFileOperations},
        types::c_int,
        upper::{OpenRequest, Opened, Upper},
    },
    Base0fs,
};

/// Why data cannot be written anywhere but at the end of a file that was opened to be appended to.
///
/// A file that may only grow stays so after fcntl(2) has asked the upper inode alone. Otherwise it is
/// one request of many that does not want to append (RWF_NOAPPEND), and there is no way to ask the
/// lower file the same: better to refuse than to write elsewhere.
fn must_append(file: &Upper<File>) -> Error {
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
        // The VFS has asked the upper inode, which may not have followed the lower one yet.
        if flags.writes() && (inode.is_immutable() || inode.is_append_only() && !flags.appends()) {
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

    fn llseek(file: &Upper<File>, seek: Seek<'_>) -> Result<i64> {
        file.llseek_lower(seek)
    }
}

impl RegularFileOperations for Base0fs {
    fn read_iter<'a>(file: &Upper<File>, io: Io<'a>) -> IoResult<'a> {
        file.read_lower(io)
    }

    fn write_iter<'a>(file: &Upper<File>, io: Io<'a>) -> IoResult<'a> {
        if !io.appends() && file.lower_with_current_flags().flags().appends() {
            return io.fail(must_append(file));
        }
        file.write_lower(io)
    }

    fn mmap(file: &Upper<File>, vma: Vma<'_>) -> Result {
        file.mmap_lower(vma)
    }

    fn splice_read<'a>(file: &Upper<File>, splice: Splice<'a>) -> Result<Transferred<'a>> {
        file.splice_read_lower(splice)
    }

    fn splice_write<'a>(file: &Upper<File>, splice: Splice<'a>) -> Result<Transferred<'a>> {
        if file.lower_with_current_flags().flags().appends() {
            return Err(must_append(file));
        }
        let spliced = file.splice_write_lower(splice);
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
