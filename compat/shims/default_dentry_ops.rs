// SPDX-License-Identifier: GPL-2.0

//! Question: how does a superblock get the operations its dentries start with?
//!
//! Up to 6.16 by an assignment to `s_d_op`. Since 6.17 (commit 05fb0e666495, "new helper:
//! set_default_d_op()") the member is private to the VFS, which also precomputes dentry flags from it.
//!
//! C header: `include/linux/dcache.h`

use bindings::{dentry_operations, super_block};

answers! { default_dentry_ops:
    "assigned" => assigned,
    "set_by_function" => set_by_function,
}

/// Sets the operations of all dentries that `sb` will ever have.
pub(crate) trait DefaultDentryOps {
    /// # Safety
    ///
    /// `sb` is being set up: it is locked and has no dentry. `ops` outlives it.
    unsafe fn set(sb: *mut super_block, ops: &'static dentry_operations);
}
