// SPDX-License-Identifier: GPL-2.0

//! The operations of a stacking filesystem: what it implements in safe Rust, and the tables of C
//! functions that the VFS calls, made from that.
//!
//! No operation has a default: what a filesystem does not do, it refuses by name.
//!
//! C header: `include/linux/fs.h`

mod dentry;
mod directory;
mod file;
mod inode;
mod super_block;
mod symlink;
mod xattr;

use bindings::{file_operations, inode_operations};

pub(super) use self::super_block::{fill_context, kill_super};
pub(crate) use self::{
    dentry::{DentryOperations, RcuWalkStep},
    directory::DirectoryOperations,
    file::{DirectoryFileOperations, FileOperations, RegularFileOperations},
    inode::InodeOperations,
    super_block::{FileSystem, Source},
    symlink::SymlinkOperations,
    xattr::XattrOperations,
};

/// All operations of one filesystem.
pub(crate) trait Operations:
    FileSystem
    + DentryOperations
    + DirectoryOperations
    + SymlinkOperations
    + RegularFileOperations
    + DirectoryFileOperations
    + XattrOperations
{
}

impl<T> Operations for T where
    T: FileSystem
        + DentryOperations
        + DirectoryOperations
        + SymlinkOperations
        + RegularFileOperations
        + DirectoryFileOperations
        + XattrOperations
{
}

/// The tables for the inodes of one filesystem, by what they are.
pub(crate) trait Tables {
    /// Directories.
    const DIRECTORY: &'static inode_operations;
    /// Symbolic links.
    const SYMLINK: &'static inode_operations;
    /// Everything else.
    const FILE: &'static inode_operations;
    /// Open directories.
    const DIRECTORY_FILE: &'static file_operations;
    /// Open regular files.
    const REGULAR_FILE: &'static file_operations;
}

impl<T: Operations> Tables for T {
    const DIRECTORY: &'static inode_operations = &directory::table::<T>();
    const SYMLINK: &'static inode_operations = &symlink::table::<T>();
    const FILE: &'static inode_operations = &inode::common_slots::<T>();
    const DIRECTORY_FILE: &'static file_operations = &file::directory_table::<T>();
    const REGULAR_FILE: &'static file_operations = &file::regular_table::<T>();
}
