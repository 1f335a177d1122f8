// SPDX-License-Identifier: GPL-2.0

//! The operations of a case: thin calls that perform one system call and record it, under the names
//! of the calls.

mod aio;
mod errand;
mod execute;
mod file;
mod mapping;
mod path;
mod stamps;
mod xattr;

pub use aio::{Queue, Transfer};
pub use errand::{Persona, PATIENCE, ROOT};
pub use execute::Running;
pub use file::File;
pub use mapping::Mapping;
pub use path::last_errno;

use rustix::fs::OFlags;

/// Open for reading.
pub const RDONLY: OFlags = OFlags::RDONLY;
/// Open for writing.
pub const WRONLY: OFlags = OFlags::WRONLY;
/// Open for both.
pub const RDWR: OFlags = OFlags::RDWR;
/// Open for both, making the file if it is not there.
pub const CREATE: OFlags = OFlags::RDWR.union(OFlags::CREATE);

/// The name of a flag set without its type: `OFlags(RDWR | CREATE)` is `RDWR | CREATE`.
fn bare(flags: &impl std::fmt::Debug) -> String {
    let text = format!("{flags:?}");
    text.split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'))
        .unwrap_or(&text)
        .to_owned()
}

/// `length` bytes that differ from each other, from block to block and from `seed` to `seed`.
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

/// The alignment that direct transfers to every device are content with.
pub const ALIGNMENT: usize = 4_096;

/// Lends a zeroed buffer whose address is aligned.
pub fn aligned<R>(length: usize, act: impl FnOnce(&mut [u8]) -> R) -> R {
    let mut space = vec![0; length + ALIGNMENT];
    let start = space.as_ptr().align_offset(ALIGNMENT);
    act(&mut space[start..start + length])
}
