// SPDX-License-Identifier: GPL-2.0

//! Question: what does `vfs_mkdir()` return, and what does it undo when it fails?
//!
//! - Up to 6.14 it returns an errno, and undoes nothing: the reference on the dentry and the lock
//!   stay the caller's.
//! - From 6.15 to 6.18 it returns a dentry. On failure it has dropped the reference on the dentry
//!   that was passed. The lock stays.
//! - Since 6.19 (commit fe497f0759e0) it has on failure ended the change of the directory.
//!
//! The compiler can tell the last two forms apart only because the last one takes a delegated
//! inode. It would accept a kernel that takes a delegated inode and keeps the lock on failure.
//! There the selftest `failures_below` fails, because its second mkdir never returns.
//!
//! C header: `include/linux/fs.h`; the failure path is in `fs/namei.c`

use bindings::{dentry, ffi::c_int, umode_t};

use crate::compat::shims::dirop::{EndDirop, StartedChange};

answers! { vfs_mkdir:
    "ends_on_failure" => ends_on_failure,
    "returns_dentry" => returns_dentry,
    "returns_errno" => returns_errno,
}

/// Creates a directory, and ends the change that was started for it.
///
/// # Safety
///
/// When the call returns, with success or an error, the change has been ended.
pub(crate) unsafe trait VfsMkdir<D: EndDirop> {
    /// Returns zero or a negative errno.
    ///
    /// On success `update` runs before the change is ended. It receives the dentry of the
    /// directory. That is another one than `change.child` if the filesystem has found one, and it
    /// is negative or unhashed if the filesystem leaves it to the next lookup.
    ///
    /// # Safety
    ///
    /// - `change` was started by `Dirop::start_creating`, and has not been ended.
    /// - The caller has write access to the mount that `change.idmap` belongs to.
    unsafe fn call_and_end(
        change: &StartedChange,
        mode: umode_t,
        update: impl FnOnce(*mut dentry),
    ) -> c_int;
}
