// SPDX-License-Identifier: GPL-2.0

//! Open files: data goes to the lower file, through the lower file's page cache alone.

#![forbid(unsafe_code)]

use crate::{
    compat::{
        error::{code, not_supported, Error, Result},
        file::{File, LockOwner},
        io::{DirContext, Io, Splice, Vma},
        ops::{DirectoryFileOperations, FileOperations, RegularFileOperations},
        types::c_int,
        upper::{Opening, Upper},
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
    fn open(file: &Opening<'_>) -> Result {
        let (dentry, flags) = (file.dentry(), file.flags());
        let inode = dentry.lower().positive()?;
        // The VFS has asked the upper inode, which may not have followed the lower one yet.
        if flags.writes() && (inode.is_immutable() || inode.is_append_only() && !flags.appends()) {
            return Err(code::EPERM);
        }
        file.open_lower(dentry.lower_path(), flags.for_lower())?;
        // The VFS looks at the size of an open file without asking, and at owner and mode of a program
        // that it executes.
        if let Some(inode) = dentry.upper_inode() {
            if !inode.is_fresh() {
                inode.refresh_and_wait();
            }
        }
        Ok(())
    }

    fn flush(file: &Upper<File>, owner: LockOwner) -> Result {
        file.lower().flush(owner)
    }

    fn fsync(file: &Upper<File>, start: i64, end: i64, only_data: bool) -> Result {
        file.lower().fsync(start, end, only_data)
    }

    fn llseek(file: &Upper<File>, offset: i64, whence: c_int) -> Result<i64> {
        file.llseek_lower(offset, whence)
    }
}

impl RegularFileOperations for Base0fs {
    fn read_iter(file: &Upper<File>, mut io: Io<'_>) -> Result<usize> {
        file.read_lower(&mut io)
    }

    fn write_iter(file: &Upper<File>, mut io: Io<'_>) -> Result<usize> {
        if !io.appends() && file.lower_now().flags().appends() {
            return Err(must_append(file));
        }
        // A frozen filesystem is not waited for with the lock: unlink(2) would, with the directory locked.
        if io.may_wait() {
            file.inode().lower_mount().wait_for_thaw();
        }
        let _inode = file.inode().lock_shared(io.may_wait())?;
        file.write_lower(&mut io)
    }

    fn mmap(file: &Upper<File>, vma: Vma<'_>) -> Result {
        file.mmap_lower(&vma)
    }

    fn splice_read(file: &Upper<File>, splice: Splice<'_>) -> Result<usize> {
        file.splice_read_lower(&splice)
    }

    fn splice_write(file: &Upper<File>, splice: Splice<'_>) -> Result<usize> {
        if file.lower_now().flags().appends() {
            return Err(must_append(file));
        }
        file.inode().lower_mount().wait_for_thaw();
        let _inode = file.inode().lock_shared(true)?;
        let spliced = file.splice_write_lower(&splice);
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
    fn iterate_shared(file: &Upper<File>, mut context: DirContext<'_>) -> Result {
        file.iterate_lower(&mut context)
    }
}
