// SPDX-License-Identifier: GPL-2.0

//! A function of a form that no kernel has, in a slot of an op table.
//!
//! Rejected with: E0308

use bindings::{dentry, ffi::c_int, inode, inode_operations};

use crate::compat::raw::empty_inode_operations;

/// Filled wrongly: every kernel gives `rmdir` a directory and a dentry.
pub(crate) const TABLE: inode_operations = inode_operations {
    rmdir: Some(rmdir),
    ..empty_inode_operations()
};

unsafe extern "C" fn rmdir(_dentry: *mut dentry, _dir: *mut inode) -> c_int {
    0
}
