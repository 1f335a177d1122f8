// SPDX-License-Identifier: GPL-2.0

//! The text by which a trace holds a result: short, and equal if and only if the results are equal.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use rustix::fs::{FileType, Stat, Statx, StatxAttributes, StatxFlags};
use rustix::io::Errno;

/// A result that a trace can hold.
pub trait Show {
    /// The text for the trace.
    fn show(&self) -> String;
}

macro_rules! show_as_displayed {
    ($($t:ty),*) => { $(impl Show for $t { fn show(&self) -> String { self.to_string() } })* };
}
show_as_displayed!(bool, i32, u32, i64, u64, usize, String, &str);

impl Show for () {
    fn show(&self) -> String {
        "done".into()
    }
}

impl Show for Vec<u8> {
    fn show(&self) -> String {
        if self.len() <= 64 {
            return format!("\"{}\"", self.escape_ascii());
        }
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        format!("{} bytes, hash {:016x}", self.len(), hasher.finish())
    }
}

impl Show for Vec<String> {
    fn show(&self) -> String {
        if self.len() <= 40 {
            return format!("[{}]", self.join(" "));
        }
        format!(
            "{} names, {}",
            self.len(),
            self.join(" ").into_bytes().show()
        )
    }
}

impl<T: Show> Show for Option<T> {
    fn show(&self) -> String {
        self.as_ref().map_or("none".into(), Show::show)
    }
}

impl<T: Show> Show for Result<T, Errno> {
    fn show(&self) -> String {
        match self {
            Ok(value) => value.show(),
            Err(errno) => errno_name(*errno),
        }
    }
}

/// The fields that are equal for two equal files. Inode numbers and times always differ, and a
/// directory's size depends on its history.
impl Show for Stat {
    fn show(&self) -> String {
        let kind = FileType::from_raw_mode(self.st_mode);
        let size = match kind {
            FileType::Directory => String::new(),
            _ => format!(" size {}", self.st_size),
        };
        format!(
            "{} {:04o} owner {}:{} links {}{size} rdev {:x} blksize {}",
            kind_name(kind),
            self.st_mode & 0o7777,
            self.st_uid,
            self.st_gid,
            self.st_nlink,
            self.st_rdev,
            self.st_blksize
        )
    }
}

/// The fields that are equal for two equal files. Of the two roots, only that on the mount is the
/// root of a mount.
impl Show for Statx {
    fn show(&self) -> String {
        let mount_root = StatxAttributes::MOUNT_ROOT;
        let size = match FileType::from_raw_mode(self.stx_mode.into()) {
            FileType::Directory => 0,
            _ => self.stx_size,
        };
        format!(
            "mask {:x} mode {:o} links {} owner {}:{} size {size} rdev {}:{} blksize {} attributes {:x} of {:x} \
             direct I/O {}/{}/{} subvolume {} atomic writes {}/{}/{}/{}",
            self.stx_mask & !StatxFlags::ATIME.bits(),
            self.stx_mode,
            self.stx_nlink,
            self.stx_uid,
            self.stx_gid,
            self.stx_rdev_major,
            self.stx_rdev_minor,
            self.stx_blksize,
            (self.stx_attributes - mount_root).bits(),
            self.stx_attributes_mask.bits(),
            self.stx_dio_mem_align,
            self.stx_dio_offset_align,
            self.stx_dio_read_offset_align,
            self.stx_subvol,
            self.stx_atomic_write_unit_min,
            self.stx_atomic_write_unit_max,
            self.stx_atomic_write_segments_max,
            self.stx_atomic_write_unit_max_opt
        )
    }
}

/// The word for a file type.
pub fn kind_name(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "file",
        FileType::Directory => "directory",
        FileType::Symlink => "symlink",
        FileType::Fifo => "fifo",
        FileType::Socket => "socket",
        FileType::CharacterDevice => "chrdev",
        FileType::BlockDevice => "blkdev",
        FileType::Unknown => "unknown",
    }
}

macro_rules! errno_names {
    ($errno:expr; $($name:ident)*) => {
        match $errno.raw_os_error() {
            $(libc::$name => stringify!($name).to_owned(),)*
            other => format!("errno {other}"),
        }
    };
}

/// The symbolic name of an error number.
pub fn errno_name(errno: Errno) -> String {
    errno_names!(errno;
        EPERM ENOENT EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST EXDEV
        ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE ERANGE EDEADLK
        ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP ENODATA EOVERFLOW EOPNOTSUPP ESTALE EDQUOT ENOTCONN ECONNREFUSED
        EUCLEAN ETIMEDOUT EADDRINUSE ECONNRESET EILSEQ ENOKEY)
}
