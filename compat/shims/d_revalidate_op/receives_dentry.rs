// SPDX-License-Identifier: GPL-2.0

//! `d_revalidate` receives the dentry and the flags.

use bindings::{dentry, dentry_operations, ffi::c_int, ffi::c_uint};

use crate::compat::raw::empty_dentry_operations;

/// The answer.
pub(crate) struct Answer;

// SAFETY: `revalidate` passes its arguments on as they came, once.
unsafe impl<H: super::Revalidate> super::RevalidateOp<H> for Answer {
    const TABLE: dentry_operations = dentry_operations {
        d_revalidate: Some(revalidate::<H>),
        ..empty_dentry_operations()
    };

    unsafe fn call(dentry: *mut dentry, flags: c_uint) -> c_int {
        // SAFETY: `dentry` is valid, and its table lives as long as its filesystem's module, which
        // the dentry pins; DCACHE_OP_REVALIDATE says that the slot is filled.
        match unsafe { (*(*dentry).d_op).d_revalidate } {
            // SAFETY: By the contract of this function.
            Some(ask) => unsafe { ask(dentry, flags) },
            None => 1,
        }
    }
}

unsafe extern "C" fn revalidate<H: super::Revalidate>(dentry: *mut dentry, flags: c_uint) -> c_int {
    // SAFETY: The VFS keeps the contract of `d_revalidate`, which is `H::revalidate`'s own.
    unsafe { H::revalidate(dentry, flags) }
}
