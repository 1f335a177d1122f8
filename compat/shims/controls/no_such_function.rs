// SPDX-License-Identifier: GPL-2.0

//! A call of a function that no kernel has.
//!
//! Rejected with: E0425

use bindings::{dentry, ffi::c_int};

/// Calls a function that no kernel has.
///
/// # Safety
///
/// Never called.
pub(crate) unsafe fn call(dentry: *mut dentry) -> c_int {
    // SAFETY: Never called.
    unsafe { bindings::vfs_function_of_no_kernel(dentry) }
}
