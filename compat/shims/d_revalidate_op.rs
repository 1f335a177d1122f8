// SPDX-License-Identifier: GPL-2.0

//! Question: what does `dentry_operations.d_revalidate` receive?
//!
//! Up to 6.13 the dentry and the lookup flags. Since 6.14 (commit 5be1fa8abd7b, "Pass parent directory
//! inode and expected name to ->d_revalidate()") the parent's inode and the name come before them.
//! Calling a lower filesystem's own `d_revalidate` needs the same switch.
//!
//! C header: `include/linux/dcache.h`

use bindings::{dentry, dentry_operations, ffi::c_int, ffi::c_uint, inode, qstr};

answers! { d_revalidate_op:
    "receives_dentry" => receives_dentry,
    "receives_dir_and_name" => receives_dir_and_name,
}

/// The directory and the name that a dentry was found by. Both are null where the kernel does not say.
// One answer reads it.
#[allow(dead_code)]
#[derive(Clone, Copy)]
pub(crate) struct FoundBy {
    /// The directory.
    pub(crate) dir: *mut inode,
    /// The name.
    pub(crate) name: *const qstr,
}

/// What the answer calls.
pub(crate) trait Revalidate {
    /// Returns 1 if `dentry` still says what the filesystem would, 0 if it has to be looked up
    /// again, or a negative errno.
    ///
    /// # Safety
    ///
    /// All pointers of `found_by` that are not null, and `dentry`, are valid for the call: counted
    /// by the VFS, or, if `flags` has `LOOKUP_RCU`, kept by the RCU read lock that is then held.
    unsafe fn revalidate(found_by: FoundBy, dentry: *mut dentry, flags: c_uint) -> c_int;
}

/// `d_revalidate` in both directions: filled for the VFS, and called on a lower dentry.
///
/// # Safety
///
/// The slot calls `H::revalidate` with the very pointers and flags the VFS gave it, once.
pub(crate) unsafe trait RevalidateOp<H: Revalidate> {
    /// A table in which `d_revalidate` is filled and every other slot is empty.
    const TABLE: dentry_operations;

    /// Asks the filesystem of `dentry` the same. Nothing is counted, locked or waited for beyond what
    /// that filesystem does itself, so that the call is legal in RCU walk.
    ///
    /// # Safety
    ///
    /// `dentry` is valid, and `DCACHE_OP_REVALIDATE` is set in its flags. `found_by` holds the
    /// directory of `dentry` and its name, both valid for the call, or nulls where
    /// [`Self::WANTS_FOUND_BY`] is false. With `LOOKUP_RCU` in `flags` the caller holds the RCU read
    /// lock, which is all that the pointers have to be kept by; without, they are counted and the
    /// caller may sleep.
    unsafe fn call(found_by: FoundBy, dentry: *mut dentry, flags: c_uint) -> c_int;

    /// Whether [`Self::call`] reads `found_by`.
    const WANTS_FOUND_BY: bool;
}
