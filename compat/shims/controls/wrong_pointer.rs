// SPDX-License-Identifier: GPL-2.0

//! A pointer to one structure where every kernel wants another.
//!
//! Rejected with: E0308

use bindings::{dentry, file};

/// Called wrongly: every kernel closes files by the file.
///
/// # Safety
///
/// It is never called.
pub(crate) unsafe fn call(dentry: *mut dentry) {
    let file: *mut file = dentry;
    // SAFETY: It is never called.
    unsafe { bindings::fput(file) }
}
