// SPDX-License-Identifier: GPL-2.0

//! Question: how do `lookup_one()` and `lookup_one_unlocked()` receive the name?
//!
//! Up to 6.14 they receive it as a pointer before the directory and a length after it. Since 6.15
//! they receive it as a `struct qstr`.
//!
//! C header: `include/linux/namei.h`

use bindings::{dentry, ffi::c_int, mnt_idmap, qstr};

answers! { lookup_one:
    "takes_pointer_and_length" => takes_pointer_and_length,
    "takes_qstr" => takes_qstr,
}

/// Looks one name up in a directory.
pub(crate) trait LookupOne {
    /// Returns a dentry, positive or negative, with a reference for the caller, or a negative
    /// errno.
    ///
    /// Checks that the caller may search `base`. Does not follow mounts.
    ///
    /// # Safety
    ///
    /// - `idmap` is valid for the call, and the bytes of `name` are readable.
    /// - `base` is a referenced dentry of a directory, whose `i_rwsem` the caller holds
    ///   exclusively.
    // Unused on kernels that lock and look up in one call.
    #[allow(dead_code)]
    unsafe fn locked(
        idmap: *mut mnt_idmap,
        name: &qstr,
        base: *mut dentry,
    ) -> Result<*mut dentry, c_int>;

    /// Does the same as [`Self::locked`], and locks `base` if the name is not in the dentry cache.
    ///
    /// # Safety
    ///
    /// - `idmap` is valid for the call, and the bytes of `name` are readable.
    /// - `base` is a referenced dentry of a directory, whose `i_rwsem` the caller does not hold.
    unsafe fn unlocked(
        idmap: *mut mnt_idmap,
        name: &qstr,
        base: *mut dentry,
    ) -> Result<*mut dentry, c_int>;
}
