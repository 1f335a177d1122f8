// SPDX-License-Identifier: GPL-2.0

//! A call with one argument more than any kernel's function takes.
//!
//! Rejected with: E0061

use bindings::{dentry, ffi::c_int, inode, mnt_idmap};

/// Called wrongly: no kernel's permission check takes a dentry as well.
///
/// # Safety
///
/// It is never called.
pub(crate) unsafe fn call(idmap: *mut mnt_idmap, dir: *mut inode, dentry: *mut dentry) -> c_int {
    // SAFETY: It is never called.
    unsafe { bindings::inode_permission(idmap, dir, 0, dentry) }
}
