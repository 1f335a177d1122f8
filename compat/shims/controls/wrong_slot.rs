// SPDX-License-Identifier: GPL-2.0

//! A function whose type is wrong on every kernel, in a slot of an operation table.
//!
//! Rejected with: E0308

use bindings::{dentry, ffi::c_int, inode, inode_operations};

use crate::compat::raw::empty_inode_operations;

/// The arguments of `rmdir` are swapped. Every kernel passes the directory, then the dentry.
pub(crate) const TABLE: inode_operations = inode_operations {
    rmdir: Some(rmdir),
    ..empty_inode_operations()
};

unsafe extern "C" fn rmdir(_dentry: *mut dentry, _dir: *mut inode) -> c_int {
    0
}
