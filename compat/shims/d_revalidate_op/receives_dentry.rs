// SPDX-License-Identifier: GPL-2.0

//! `d_revalidate` receives the dentry and the flags.

use core::ptr;

use bindings::{dentry, dentry_operations, ffi::c_int, ffi::c_uint};

use super::DirAndName;
use crate::compat::raw::empty_dentry_operations;

pub(crate) struct Answer;

// SAFETY: `revalidate` calls `H::revalidate` once, with the pointers and flags that it received.
unsafe impl<H: super::Revalidate> super::RevalidateOp<H> for Answer {
    const TABLE: dentry_operations = dentry_operations {
        d_revalidate: Some(revalidate::<H>),
        ..empty_dentry_operations()
    };

    unsafe fn call(_place: DirAndName, dentry: *mut dentry, flags: c_uint) -> c_int {
        // SAFETY: The safety requirements of this function ensure that `dentry` is valid and has a
        // table. The table is static data of the filesystem's module. If `dentry` is referenced,
        // its superblock is mounted and pins the module. In RCU walk the module stays until the
        // `rcu_barrier()` of its exit, as the VFS requires of every filesystem.
        let d_revalidate = unsafe { (*(*dentry).d_op).d_revalidate };
        match d_revalidate {
            // SAFETY: The safety requirements of this function ensure that `dentry` is valid as
            // `flags` require.
            Some(d_revalidate) => unsafe { d_revalidate(dentry, flags) },
            None => 1,
        }
    }

    const USES_DIR_AND_NAME: bool = false;
}

unsafe extern "C" fn revalidate<H: super::Revalidate>(dentry: *mut dentry, flags: c_uint) -> c_int {
    let place = DirAndName {
        dir: ptr::null_mut(),
        name: ptr::null(),
    };
    // SAFETY: The VFS keeps `dentry` valid for the call: referenced, or under the RCU read lock if
    // `flags` has `LOOKUP_RCU`.
    unsafe { H::revalidate(place, dentry, flags) }
}
