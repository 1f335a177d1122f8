// SPDX-License-Identifier: GPL-2.0

//! `d_revalidate` receives the parent's inode and the name before the dentry.

use bindings::{dentry, dentry_operations, ffi::c_int, ffi::c_uint, inode, qstr};

use super::FoundBy;
use crate::compat::raw::empty_dentry_operations;

pub(crate) struct Answer;

// SAFETY: `revalidate` passes its arguments on as they came, once.
unsafe impl<H: super::Revalidate> super::RevalidateOp<H> for Answer {
    const TABLE: dentry_operations = dentry_operations {
        d_revalidate: Some(revalidate::<H>),
        ..empty_dentry_operations()
    };

    unsafe fn call(found_by: FoundBy, dentry: *mut dentry, flags: c_uint) -> c_int {
        // SAFETY: `dentry` is valid. Its table is static data of the module of its filesystem, which
        // stays as long as a superblock of that filesystem.
        match unsafe { (*(*dentry).d_op).d_revalidate } {
            // SAFETY: The caller of this function keeps all pointers as `flags` want them kept.
            Some(ask) => unsafe { ask(found_by.dir, found_by.name, dentry, flags) },
            None => 1,
        }
    }

    const WANTS_FOUND_BY: bool = true;
}

unsafe extern "C" fn revalidate<H: super::Revalidate>(
    dir: *mut inode,
    name: *const qstr,
    dentry: *mut dentry,
    flags: c_uint,
) -> c_int {
    // SAFETY: The VFS keeps all pointers for the call, as `flags` say.
    unsafe { H::revalidate(FoundBy { dir, name }, dentry, flags) }
}
