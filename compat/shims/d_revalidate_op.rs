// SPDX-License-Identifier: GPL-2.0

//! Question: what does `dentry_operations.d_revalidate` receive?
//!
//! Up to 6.13 it receives the dentry and the lookup flags. Since 6.14 it also receives the inode of
//! the parent and the name, before them. A call of the lower filesystem's `d_revalidate` has to
//! pass the same arguments.
//!
//! C header: `include/linux/dcache.h`

use bindings::{dentry, dentry_operations, ffi::c_int, ffi::c_uint, inode, qstr};

answers! { d_revalidate_op:
    "receives_dentry" => receives_dentry,
    "receives_dir_and_name" => receives_dir_and_name,
}

/// The directory and the name that a dentry was found by. Both are null if the kernel does not pass
/// them.
// Only one answer reads the members.
#[allow(dead_code)]
#[derive(Clone, Copy)]
pub(crate) struct DirAndName {
    /// The inode of the directory.
    pub(crate) dir: *mut inode,
    /// The name.
    pub(crate) name: *const qstr,
}

/// What the slot calls.
pub(crate) trait Revalidate {
    /// Returns 1 if `dentry` is still valid, 0 if it has to be looked up again, or a negative
    /// errno.
    ///
    /// # Safety
    ///
    /// `dentry` and those pointers of `place` that are not null are valid for the call. If `flags`
    /// has `LOOKUP_RCU`, the caller holds the RCU read lock. Otherwise the VFS holds references to
    /// them.
    unsafe fn revalidate(place: DirAndName, dentry: *mut dentry, flags: c_uint) -> c_int;
}

/// `d_revalidate` in both directions: the slot that the VFS calls, and the call on a lower dentry.
///
/// # Safety
///
/// The slot calls `H::revalidate` once, with the pointers and flags that the VFS passed to it.
pub(crate) unsafe trait RevalidateOp<H: Revalidate> {
    /// A table with `d_revalidate`. The other slots are empty.
    const TABLE: dentry_operations;

    /// Calls `d_revalidate` of the filesystem of `dentry`.
    ///
    /// The call takes no reference and no lock, and does not sleep, except for what that filesystem
    /// does itself. So it is allowed in RCU walk.
    ///
    /// # Safety
    ///
    /// - `dentry` is valid, and its flags have `DCACHE_OP_REVALIDATE`.
    /// - If [`Self::USES_DIR_AND_NAME`] is true, `place` has the directory and the name of
    ///   `dentry`, both valid for the call.
    /// - If `flags` has `LOOKUP_RCU`, the caller holds the RCU read lock, and the pointers stay
    ///   valid under it. Otherwise they are referenced, and the caller may sleep.
    unsafe fn call(place: DirAndName, dentry: *mut dentry, flags: c_uint) -> c_int;

    /// Whether [`Self::call`] reads `place`.
    const USES_DIR_AND_NAME: bool;
}
