// SPDX-License-Identifier: GPL-2.0

//! A pointer to a structure where every kernel takes a pointer to another one.
//!
//! Rejected with: E0308

use bindings::{dentry, file};

/// Passes a dentry where every kernel takes a file.
///
/// # Safety
///
/// Never called.
pub(crate) unsafe fn call(dentry: *mut dentry) {
    let file: *mut file = dentry;
    // SAFETY: Never called.
    unsafe { bindings::fput(file) }
}
