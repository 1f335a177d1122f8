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
    /// Errors beside `ENOMEM` by which it may fail, because the kernel answers so.
    pub errors: &'static [Errno],
}

/// An operation that fails by `ENOMEM` alone.
pub const fn operation(
    name: &'static str,
    perform: fn(&TestDir, &Window) -> Result<(), Errno>,
) -> Operation {
    Operation {
        name,
        perform,
        errors: &[],
    }
}
