// SPDX-License-Identifier: GPL-2.0

//! The operations of a stacking filesystem: traits that it implements in safe Rust, and the tables
//! of C functions for the VFS that are made from them.
//!
//! No operation has a default: a filesystem defines for each operation what it does, or which error
//! it returns. `base0fs/passthrough.rs` has traits of the same names, whose defaults pass through.
//! A filesystem chooses one of the two for each trait.
//!
//! Another driver is another type with these traits. This is one of them, for a driver that leaves
//! RCU walk at every step:
//!
//! ```
//! use crate::compat::{
//!     dentry::{Dentry, LookupFlags},
//!     error::{not_in_rcu_walk, Result},
//!     ops::{DentryOperations, RcuWalkStep},
//!     upper::{RcuRef, Upper},
//! };
//!
//! struct Careful;
//!
//! impl DentryOperations for Careful {
//!     fn revalidate(dentry: &Upper<Dentry>, flags: LookupFlags) -> Result<bool> {
//!         Ok(dentry.lower().revalidate(flags)? && dentry.is_in_sync())
//!     }
//!
//!     fn revalidate_in_rcu_walk(_: RcuRef<'_, Dentry>, _: RcuWalkStep<'_>) -> Result<bool> {
//!         Err(not_in_rcu_walk())
//!     }
//! }
//! ```
//!
//! Each C function here converts its arguments, calls the trait, and converts the result. The
//! SAFETY comments rely on what the VFS promises for each operation, in
//! `Documentation/filesystems/vfs.rst` and `locking.rst`. They also rely on one fact: the VFS calls
//! a function of a table only for objects that have this table, and only upper objects have tables
//! of compat.
//!
//! C header: `include/linux/fs.h`

mod acl;
mod dentry;
mod directory;
mod file;
mod file_table;
mod fs_context;
mod handle;
mod inode;
mod new_super_block;
mod super_block;
mod symlink;
mod xattr;

use bindings::{file_operations, inode_operations};

use self::file_table::DirectoryTables;
use super::tables::Tables;

pub(crate) use self::{
    acl::AclOperations,
    dentry::{DentryOperations, RcuWalkStep},
    directory::DirectoryOperations,
    file::{DirectoryFileOperations, FileOperations, RegularFileOperations},
    fs_context::FsContext,
    handle::HandleOperations,
    inode::InodeOperations,
    super_block::FileSystem,
    symlink::SymlinkOperations,
    xattr::XattrOperations,
};
pub(super) use self::{
    file_table::stop as free_file_tables,
    super_block::{init_fs_context, kill_sb},
};

/// All operations of one filesystem.
pub(crate) trait Operations:
    FileSystem
    + AclOperations
    + HandleOperations
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
        + AclOperations
        + HandleOperations
        + DentryOperations
        + DirectoryOperations
        + SymlinkOperations
        + RegularFileOperations
        + DirectoryFileOperations
        + XattrOperations
{
}

impl<T: Operations> Tables for T {
    const DIRECTORY: &'static inode_operations = &directory::table::<T>();
    const SYMLINK: &'static inode_operations = &symlink::table::<T>();
    const FILE: &'static inode_operations = &acl::slots_with_acl::<T>();
    const DIRECTORY_FILE: &'static file_operations = T::PLAIN;
    const REGULAR_FILE: &'static file_operations = &file::regular_table::<T>();
}

/// Connects the operations of `T` with the questions about a slot's form: a question defines, as a
/// trait, what the slot calls. Each module here implements these traits for this type.
struct Adapter<T>(core::marker::PhantomData<T>);
