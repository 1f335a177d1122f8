// SPDX-License-Identifier: GPL-2.0

//! Question: how are the dentry operations of a superblock set?
//!
//! Up to 6.16 they are assigned to `s_d_op`. Since 6.17 that member is private to the VFS. A
//! function sets them, and also computes dentry flags from them.
//!
//! C header: `include/linux/dcache.h`

use bindings::{dentry_operations, super_block};

answers! { default_dentry_ops:
    "assigned" => assigned,
    "set_by_function" => set_by_function,
}

/// Sets the operations of all dentries of a superblock.
pub(crate) trait DefaultDentryOps {
    /// # Safety
    ///
    /// `sb` is valid and being set up: no other task uses it, and it has no dentry.
    unsafe fn set(sb: *mut super_block, ops: &'static dentry_operations);
}
