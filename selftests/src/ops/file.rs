// SPDX-License-Identifier: GPL-2.0

//! Operations on open files.

use std::io::{IoSlice, IoSliceMut};

use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{self, FallocateFlags, Gid, Mode, OFlags, SeekFrom, Stat, Uid};
use rustix::io::{self, Errno, ReadWriteFlags};

use super::{flag_names, last_errno};
use crate::show::Show;
use crate::test_dir::TestDir;
use crate::tree::{self, Entry};

/// An open file, under the name with which it was opened.
#[derive(Debug)]
pub struct File<'w, 't> {
    dir: &'w TestDir<'t>,
    name: String,
    fd: OwnedFd,
}

impl AsFd for File<'_, '_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl<'w, 't> File<'w, 't> {
    /// The descriptor.
    pub(super) fn into_fd(self) -> OwnedFd {
        self.fd
    }

    /// Adopts an open file.
    pub fn new(dir: &'w TestDir<'t>, name: &str, fd: OwnedFd) -> Self {
        Self {
            dir,
            name: name.to_owned(),
            fd,
        }
    }

    /// The name with which it was opened.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name in /proc, which leads to the open file itself.
    pub fn proc_path(&self) -> String {
        format!("/proc/self/fd/{}", self.fd.as_raw_fd())
    }

    /// The test directory in which it was opened.
    pub(super) fn dir(&self) -> &'w TestDir<'t> {
        self.dir
    }

    /// Records a value.
    pub fn record(&self, op: &str, result: &impl Show) {
        self.dir.record(format!("{op} ({})", self.name), result);
    }

    fn step<T: Show>(
        &self,
        op: String,
        perform: impl FnOnce() -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        self.dir.step(op.replacen("{}", &self.name, 1), perform)
    }

    /// read(2) of up to `length` bytes.
    pub fn read(&self, length: usize) -> Result<Vec<u8>, Errno> {
        self.step(format!("read {{}} {length}"), || {
            let mut data = vec![0; length];
            let length = io::read(self, &mut data)?;
            data.truncate(length);
            Ok(data)
        })
    }

    /// pread(2)
    pub fn pread(&self, length: usize, offset: u64) -> Result<Vec<u8>, Errno> {
        self.step(format!("pread {{}} {length} at {offset}"), || {
            let mut data = vec![0; length];
            let length = io::pread(self, &mut data, offset)?;
            data.truncate(length);
            Ok(data)
        })
    }

    /// preadv2(2) into buffers of these lengths.
    pub fn preadv2(
        &self,
        lengths: &[usize],
        offset: u64,
        flags: ReadWriteFlags,
    ) -> Result<Vec<u8>, Errno> {
        self.step(
            format!(
                "preadv2 {{}} {lengths:?} at {offset} {}",
                flag_names(&flags)
            ),
            || {
                let mut buffers: Vec<Vec<u8>> =
                    lengths.iter().map(|length| vec![0; *length]).collect();
                let mut slices: Vec<IoSliceMut> = buffers
                    .iter_mut()
                    .map(|buffer| IoSliceMut::new(buffer))
                    .collect();
                let length = io::preadv2(self, &mut slices, offset, flags)?;
                let mut data = buffers.concat();
                data.truncate(length);
                Ok(data)
            },
        )
    }

    /// write(2)
    pub fn write(&self, data: &[u8]) -> Result<usize, Errno> {
        self.step(format!("write {{}} {}", data.to_vec().show()), || {
            io::write(self, data)
        })
    }

    /// pwrite(2)
    pub fn pwrite(&self, data: &[u8], offset: u64) -> Result<usize, Errno> {
        self.step(
            format!("pwrite {{}} {} at {offset}", data.to_vec().show()),
            || io::pwrite(self, data, offset),
        )
    }

    /// pwritev2(2)
    pub fn pwritev2(
        &self,
        parts: &[&[u8]],
        offset: u64,
        flags: ReadWriteFlags,
    ) -> Result<usize, Errno> {
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        self.step(
            format!(
                "pwritev2 {{}} {lengths:?} at {offset} {}",
                flag_names(&flags)
            ),
            || {
                let slices: Vec<IoSlice> = parts.iter().map(|part| IoSlice::new(part)).collect();
                io::pwritev2(self, &slices, offset, flags)
            },
        )
    }

    /// lseek(2)
    pub fn seek(&self, to: SeekFrom) -> Result<u64, Errno> {
        self.step(format!("lseek {{}} {to:?}"), || fs::seek(self, to))
    }

    /// fstat(2)
    pub fn fstat(&self) -> Result<Stat, Errno> {
        self.step("fstat {}".into(), || fs::fstat(self))
    }

    /// ftruncate(2)
    pub fn ftruncate(&self, size: u64) -> Result<(), Errno> {
        self.step(format!("ftruncate {{}} {size}"), || {
            fs::ftruncate(self, size)
        })
    }

    /// fchmod(2)
    pub fn fchmod(&self, mode: u32) -> Result<(), Errno> {
        self.step(format!("fchmod {{}} {mode:04o}"), || {
            fs::fchmod(self, Mode::from_raw_mode(mode))
        })
    }

    /// fchown(2)
    pub fn fchown(&self, uid: Option<u32>, gid: Option<u32>) -> Result<(), Errno> {
        self.step(format!("fchown {{}} {uid:?} {gid:?}"), || {
            fs::fchown(self, uid.map(Uid::from_raw), gid.map(Gid::from_raw))
        })
    }

    /// fsync(2)
    pub fn fsync(&self) -> Result<(), Errno> {
        self.step("fsync {}".into(), || fs::fsync(self))
    }

    /// fdatasync(2)
    pub fn fdatasync(&self) -> Result<(), Errno> {
        self.step("fdatasync {}".into(), || fs::fdatasync(self))
    }

    /// syncfs(2)
    pub fn syncfs(&self) -> Result<(), Errno> {
        self.step("syncfs {}".into(), || fs::syncfs(self))
    }

    /// sync_file_range(2): writes the range and waits for it.
    pub fn sync_file_range(&self, offset: i64, length: i64) -> Result<(), Errno> {
        self.step(format!("sync_file_range {{}} {length} at {offset}"), || {
            let flags = libc::SYNC_FILE_RANGE_WAIT_BEFORE
                | libc::SYNC_FILE_RANGE_WRITE
                | libc::SYNC_FILE_RANGE_WAIT_AFTER;
            // SAFETY: The call takes no pointers. `self.fd` keeps the descriptor open.
            match unsafe { libc::sync_file_range(self.fd.as_raw_fd(), offset, length, flags) } {
                0 => Ok(()),
                _ => Err(last_errno()),
            }
        })
    }

    /// fallocate(2)
    pub fn fallocate(&self, mode: FallocateFlags, offset: u64, length: u64) -> Result<(), Errno> {
        self.step(
            format!("fallocate {{}} {length} at {offset} {}", flag_names(&mode)),
            || fs::fallocate(self, mode, offset, length),
        )
    }

    /// fcntl F_GETFL without O_LARGEFILE, which depends on how the program was compiled.
    pub fn flags(&self) -> Result<OFlags, Errno> {
        let mut flags = OFlags::empty();
        self.step("F_GETFL {}".into(), || {
            flags = fs::fcntl_getfl(self)? - OFlags::LARGEFILE;
            Ok(flag_names(&flags))
        })?;
        Ok(flags)
    }

    /// fcntl F_SETFL
    pub fn set_flags(&self, flags: OFlags) -> Result<(), Errno> {
        self.step(format!("F_SETFL {{}} {}", flag_names(&flags)), || {
            fs::fcntl_setfl(self, flags)
        })
    }

    /// getdents64(2) from the position of an open directory to its end. Records the number of
    /// entries.
    pub fn rest_of_directory(&self, buffer: usize) -> Result<Vec<Entry>, Errno> {
        let mut entries = Vec::new();
        self.step(
            format!("getdents {{}} by {buffer} bytes to the end"),
            || {
                entries = tree::rest_of_directory(self, buffer)?;
                Ok(entries.len())
            },
        )?;
        Ok(entries)
    }

    /// close(2). It can report an error of an earlier write.
    pub fn close(self) -> Result<(), Errno> {
        let Self { dir, name, fd } = self;
        dir.step(format!("close {name}"), || {
            let fd = std::os::fd::IntoRawFd::into_raw_fd(fd);
            // SAFETY: `into_raw_fd` gave up ownership, so nothing else closes or uses the
            // descriptor.
            match unsafe { libc::close(fd) } {
                0 => Ok(()),
                _ => Err(last_errno()),
            }
        })
    }
}
