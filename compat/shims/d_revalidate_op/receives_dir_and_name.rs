// SPDX-License-Identifier: GPL-2.0

//! `d_revalidate` receives the inode of the parent and the name before the dentry.

use bindings::{dentry, dentry_operations, ffi::c_int, ffi::c_uint, inode, qstr};

use super::DirAndName;
use crate::compat::raw::empty_dentry_operations;

pub(crate) struct Answer;

// SAFETY: `revalidate` calls `H::revalidate` once, with the pointers and flags that it received.
unsafe impl<H: super::Revalidate> super::RevalidateOp<H> for Answer {
    const TABLE: dentry_operations = dentry_operations {
        d_revalidate: Some(revalidate::<H>),
        ..empty_dentry_operations()
    };

    unsafe fn call(place: DirAndName, dentry: *mut dentry, flags: c_uint) -> c_int {
        // SAFETY: The safety requirements of this function ensure that `dentry` is valid and has a
        // table. The table is static data of the filesystem's module. If `dentry` is referenced,
        // its superblock is mounted and pins the module. In RCU walk the module stays until the
        // `rcu_barrier()` of its exit, as the VFS requires of every filesystem.
        let d_revalidate = unsafe { (*(*dentry).d_op).d_revalidate };
        match d_revalidate {
            // SAFETY: The safety requirements of this function ensure that all pointers are valid
            // as `flags` require, because `USES_DIR_AND_NAME` is true.
            Some(d_revalidate) => unsafe { d_revalidate(place.dir, place.name, dentry, flags) },
            None => 1,
        }
    }

    const USES_DIR_AND_NAME: bool = true;
}

unsafe extern "C" fn revalidate<H: super::Revalidate>(
    dir: *mut inode,
    name: *const qstr,
    dentry: *mut dentry,
    flags: c_uint,
) -> c_int {
    // SAFETY: The VFS keeps all pointers valid for the call: referenced, or under the RCU read lock
    // if `flags` has `LOOKUP_RCU`.
    unsafe { H::revalidate(DirAndName { dir, name }, dentry, flags) }
}
