// SPDX-License-Identifier: GPL-2.0

//! The operations of a case. Each one performs a system call, whose name it has, and records the
//! call and its result.

mod acl;
mod aio;
mod child;
mod execute;
mod file;
mod handle;
mod ioctl;
mod lock;
mod mapping;
mod path;
mod timestamps;
mod uring;
mod xattr;

pub use acl::{encode as encode_acl, Acl};
pub use aio::{Queue, Transfer};
pub use child::{Credentials, CHILD_TIMEOUT, ROOT};
pub use execute::{errno, RunningProgram};
pub use file::File;
pub use handle::FileHandle;
pub use ioctl::{io, ior, iow, iowr, Command};
pub use lock::{
    control, drop_signal, handle, interrupted, lease_signal, own_descriptors, record_lock,
    while_waiting, Kind, Owner,
};
pub use mapping::Mapping;
pub use timestamps::{atime_not_due, seconds, ATIME_DUE};
pub use uring::{is_closed_by_worker, Change, Ring};

use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::mm::ProtFlags;

use crate::test_dir::TestDir;

/// Open for reading.
pub const RDONLY: OFlags = OFlags::RDONLY;
/// Open for writing.
pub const WRONLY: OFlags = OFlags::WRONLY;
/// Open for both.
pub const RDWR: OFlags = OFlags::RDWR;
/// Open for both, creating the file if it does not exist.
pub const CREATE: OFlags = OFlags::RDWR.union(OFlags::CREATE);

/// A mapping for loads and stores.
pub const READ_WRITE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

/// An operation of which only success or the error is of interest, for tables of operations.
pub type Operation = fn(&TestDir) -> Result<(), Errno>;

/// The error of the libc call that just failed.
pub fn last_errno() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error())
        .expect("a failed call leaves an error number")
}

/// The names of flags without their type: `OFlags(RDWR | CREATE)` becomes `RDWR | CREATE`.
fn flag_names(flags: &impl std::fmt::Debug) -> String {
    let text = format!("{flags:?}");
    text.split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'))
        .unwrap_or(&text)
        .to_owned()
}

/// `length` bytes that differ from byte to byte, from block to block, and between seeds.
pub fn pattern(seed: u8, length: usize) -> Vec<u8> {
    (0..length)
        .map(|at| {
            (at as u8)
                .wrapping_mul(31)
                .wrapping_add((at >> 8) as u8)
                .wrapping_add(seed)
        })
        .collect()
}

/// An alignment that suffices for direct I/O on every device.
pub const ALIGNMENT: usize = 4_096;

/// Calls `use_buffer` with a zeroed buffer that has this alignment.
pub fn with_aligned_buffer<R>(length: usize, use_buffer: impl FnOnce(&mut [u8]) -> R) -> R {
    let mut space = vec![0; length + ALIGNMENT];
    let start = space.as_ptr().align_offset(ALIGNMENT);
    use_buffer(&mut space[start..start + length])
}
