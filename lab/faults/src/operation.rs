// SPDX-License-Identifier: GPL-2.0

//! An operation of which each allocation fails once.

use base0fs_selftest::test_dir::TestDir;
use rustix::io::Errno;

use crate::injector::Window;

/// One operation.
#[derive(Debug)]
pub struct Operation {
    /// The name, unique.
    pub name: &'static str,
    /// Performs it in a directory that `attempt` has filled. The system call under test is performed
    /// in the window. What comes before it must change nothing, because it is done again.
    pub perform: fn(&TestDir, &Window) -> Result<(), Errno>,
    /// Errors beside `ENOMEM` by which it may fail, because others than base0fs answer so.
    pub errors: &'static [Errno],
    /// Why a part may be done when an allocation fails, if that is known.
    pub half_done: Option<&'static str>,
}

/// What tmpfs answers if it gets no memory for a new inode (`shmem_get_inode()`).
pub const NO_INODE: &[Errno] = &[Errno::NOSPC];

/// Why a new file stays that an operation has failed to create: a known difference in docs/behaviour.md.
pub const NO_UPPER_INODE: &str = "the lower file exists before its upper inode";

/// What the VFS answers if it gets no memory for a lock.
pub const NO_LOCK: &[Errno] = &[Errno::NOLCK];

/// An operation that fails by `ENOMEM` alone, and then has done nothing.
pub const fn operation(
    name: &'static str,
    perform: fn(&TestDir, &Window) -> Result<(), Errno>,
) -> Operation {
    Operation {
        name,
        perform,
        errors: &[],
        half_done: None,
    }
}
