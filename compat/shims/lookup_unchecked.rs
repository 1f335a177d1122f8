// SPDX-License-Identifier: GPL-2.0

//! Question: which function looks a name up without checking that the caller may search the
//! directory?
//!
//! `inode_operations.lookup` does not receive the idmap of the mount in use, so a check there would
//! use the wrong one. The VFS has made the check before it calls `lookup`.
//!
//! Up to 6.15 no function looks a name up and locks the directory without that check, and
//! `lookup_one_qstr_excl()` wants the directory locked exclusively. Since 6.16 there is
//! `lookup_noperm_unlocked()`.
//!
//! C header: `include/linux/namei.h`

use bindings::{dentry, ffi::c_int, qstr};

answers! { lookup_unchecked:
    "locked_by_caller" => locked_by_caller,
    "locked_by_vfs" => locked_by_vfs,
}

/// Looks one name up in a directory, without a check of permissions.
pub(crate) trait LookupUnchecked {
    /// Returns a dentry, positive or negative, with a reference for the caller, or a negative
    /// errno. Does not follow mounts.
    ///
    /// # Safety
    ///
    /// - The bytes of `name` are readable. The VFS is looking that name up, so it is a valid name.
    /// - `base` is a referenced dentry of a directory, whose `i_rwsem` the caller does not hold.
    ///   Its filesystem hashes names as the VFS does.
    unsafe fn call(name: &qstr, base: *mut dentry) -> Result<*mut dentry, c_int>;
}
