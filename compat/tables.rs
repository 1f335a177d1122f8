// SPDX-License-Identifier: GPL-2.0

//! The tables of C functions that upper inodes get.
//!
//! [`super::ops`] implements [`Tables`] for each filesystem. The trait has a file of its own so
//! that [`super::upper`] can set up inodes without a dependency on `ops`, which depends on `upper`.
//!
//! C header: `include/linux/fs.h`

use bindings::{file_operations, inode_operations};

/// The tables for the inodes of one filesystem, by the kind of file.
pub(crate) trait Tables {
    /// Directories.
    const DIRECTORY: &'static inode_operations;
    /// Symbolic links.
    const SYMLINK: &'static inode_operations;
    /// All other inodes.
    const FILE: &'static inode_operations;
    /// Directories that are being opened. `open` gives each the table that fits its lower
    /// directory.
    const DIRECTORY_FILE: &'static file_operations;
    /// Regular files that are being opened. `open` gives each the table that fits its lower file.
    const REGULAR_FILE: &'static file_operations;
}
