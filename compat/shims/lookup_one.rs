// SPDX-License-Identifier: GPL-2.0

//! Question: how do `lookup_one()` and `lookup_one_unlocked()` receive the name?
//!
//! Up to 6.14 as a pointer and a length behind it, with the base between them. Since 6.15 (commit
//! 5741909697a3, "VFS: improve interface for lookup_one functions") as a `struct qstr`.
//!
//! C header: `include/linux/namei.h`

use bindings::{dentry, ffi::c_int, mnt_idmap, qstr};

answers! { lookup_one:
    "takes_pointer_and_length" => takes_pointer_and_length,
    "takes_qstr" => takes_qstr,
}

/// Looks one name up in a directory.
pub(crate) trait LookupOne {
    /// Returns a counted dentry, positive or negative, or a negative errno. Checks that the caller
    /// may search `base`, and does not cross mounts.
    ///
    /// # Safety
    ///
    /// All pointers are valid for the call; `base` is a counted dentry of a directory whose
    /// `i_rwsem` the caller holds exclusively.
    // The answers for kernels that lock and look up in one call do without.
    #[allow(dead_code)]
    unsafe fn locked(
        idmap: *mut mnt_idmap,
        name: &qstr,
        base: *mut dentry,
    ) -> Result<*mut dentry, c_int>;

    /// Like [`Self::locked`], and locks `base` where the cache does not know the name.
    ///
    /// # Safety
    ///
    /// As for [`Self::locked`], but the caller does not hold the `i_rwsem` of `base`.
    unsafe fn unlocked(
        idmap: *mut mnt_idmap,
        name: &qstr,
        base: *mut dentry,
    ) -> Result<*mut dentry, c_int>;
}
