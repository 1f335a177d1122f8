// SPDX-License-Identifier: GPL-2.0

//! Passing through: each operation of a filesystem is done on the lower object.
//!
//! The traits here are those of [`ops`](crate::compat::ops), with a default for each operation.
//! The default passes the operation through. A filesystem implements each trait either here or
//! there:
//!
//! - `impl passthrough::XattrOperations for Driver` defines only what the driver changes. All else
//!   passes through, also what compat may add to the trait later.
//! - `impl ops::XattrOperations for Driver` defines everything. What compat adds later is an error
//!   of the compiler until the driver defines that too. This is for a driver in which something
//!   passed through would be wrong: one that encrypts data implements `ops::FileOperations` and
//!   `ops::RegularFileOperations`.
//!
//! base0fs is the filesystem that implements all of them here, and changes nothing.

#![forbid(unsafe_code)]

/// Makes each type with the trait of this name here implement the one of `ops`, which has the same
/// operations.
macro_rules! passes_through {
    ($operations:ident {
        $(const $constant:ident: $type:ty;)?
        $(fn $name:ident$(<$lifetime:lifetime>)?($($argument:ident: $of:ty),*) $(-> $result:ty)?;)+
    }) => {
        impl<T: $operations> crate::compat::ops::$operations for T {
            $(const $constant: $type = <T as $operations>::$constant;)?
            $(
                #[inline]
                fn $name$(<$lifetime>)?($($argument: $of),*) $(-> $result)? {
                    <T as $operations>::$name($($argument),*)
                }
            )+
        }
    };
}
use passes_through;

mod acl;
mod dentry;
mod dir;
mod file;
mod handle;
mod inode;
mod ioctl;
mod superblock;
mod symlink;
mod xattr;

pub(crate) use self::{
    acl::AclOperations,
    dentry::DentryOperations,
    dir::DirectoryOperations,
    file::{DirectoryFileOperations, FileOperations, RegularFileOperations},
    handle::HandleOperations,
    inode::InodeOperations,
    superblock::FileSystem,
    symlink::SymlinkOperations,
    xattr::XattrOperations,
};
