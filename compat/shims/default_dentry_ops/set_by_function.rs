// SPDX-License-Identifier: GPL-2.0

//! `set_default_d_op()` is called.

use bindings::{dentry_operations, super_block};

bindings::signatures! {
    bindings::set_default_d_op: fn(*mut super_block, *const dentry_operations);
}

pub(crate) struct Answer;

impl super::DefaultDentryOps for Answer {
    unsafe fn set(sb: *mut super_block, ops: &'static dentry_operations) {
        // SAFETY: The safety requirements of this function ensure that `sb` is valid, that no other
        // task uses it, and that it has no dentry.
        unsafe { bindings::set_default_d_op(sb, ops) };
    }
}
