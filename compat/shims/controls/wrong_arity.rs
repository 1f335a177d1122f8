// SPDX-License-Identifier: GPL-2.0

//! A call with one argument more than the function takes on any kernel.
//!
//! Rejected with: E0061

use bindings::{dentry, ffi::c_int, inode, mnt_idmap};

/// Passes a dentry to the permission check. No kernel's permission check takes one.
///
/// # Safety
///
/// Never called.
pub(crate) unsafe fn call(idmap: *mut mnt_idmap, dir: *mut inode, dentry: *mut dentry) -> c_int {
    // SAFETY: Never called.
    unsafe { bindings::inode_permission(idmap, dir, 0, dentry) }
}
