// SPDX-License-Identifier: GPL-2.0

//! `d_revalidate` receives the dentry and the flags.

use core::ptr;

use bindings::{dentry, dentry_operations, ffi::c_int, ffi::c_uint};

use super::FoundBy;
use crate::compat::raw::empty_dentry_operations;

pub(crate) struct Answer;

// SAFETY: `revalidate` passes its arguments on as they came, once.
unsafe impl<H: super::Revalidate> super::RevalidateOp<H> for Answer {
    const TABLE: dentry_operations = dentry_operations {
        d_revalidate: Some(revalidate::<H>),
        ..empty_dentry_operations()
    };

    unsafe fn call(_found_by: FoundBy, dentry: *mut dentry, flags: c_uint) -> c_int {
        // SAFETY: `dentry` is valid. Its table is static data of the module of its filesystem, which
        // stays as long as a superblock of that filesystem.
        match unsafe { (*(*dentry).d_op).d_revalidate } {
            // SAFETY: The caller of this function keeps `dentry` as `flags` want it kept.
            Some(ask) => unsafe { ask(dentry, flags) },
            None => 1,
        }
    }

    const WANTS_FOUND_BY: bool = false;
}

unsafe extern "C" fn revalidate<H: super::Revalidate>(dentry: *mut dentry, flags: c_uint) -> c_int {
    let found_by = FoundBy {
        dir: ptr::null_mut(),
        name: ptr::null(),
    };
    // SAFETY: The VFS keeps `dentry` for the call, as `flags` say.
    unsafe { H::revalidate(found_by, dentry, flags) }
}
