// SPDX-License-Identifier: GPL-2.0

//! A function that no kernel has.
//!
//! Rejected with: E0425

use bindings::{dentry, ffi::c_int};

/// Called wrongly: no kernel has this function.
///
/// # Safety
///
/// It is never called.
pub(crate) unsafe fn call(dentry: *mut dentry) -> c_int {
    // SAFETY: It is never called.
    unsafe { bindings::vfs_function_of_no_kernel(dentry) }
}
