// SPDX-License-Identifier: GPL-2.0

//! Question: what does `vfs_mkdir()` return, and what does it undo when it fails?
//!
//! - Up to 6.14 it returns an errno, and undoes nothing: the reference to the dentry and the lock
//!   stay the caller's.
//! - From 6.15 to 6.18 it returns a dentry. On failure it has dropped the reference to the dentry
//!   that was passed, and the directory stays locked.
//! - Since 6.19 it returns a dentry, and on failure it has ended the change: unlocked the directory
//!   and dropped the reference.
//!
//! The last form belongs to kernels in which the VFS locks directories, and the others to those in
//! which the caller does (`dirop`). The answers require that of the answer to that question.
//!
//! The compiler tells the last two forms apart only by the parameter for a delegated inode. If a
//! kernel had the parameter but kept the lock on failure, `ends_on_failure` would compile and be
//! wrong. There the selftest `failing_below` fails, because its second mkdir never returns.
//!
//! C header: `include/linux/fs.h`; the failure path is in `fs/namei.c`

use bindings::{dentry, ffi::c_int, umode_t};

use crate::compat::shims::{
    delegation::Delegation,
    dirop::{EndDirop, StartedChange},
};

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
pub(crate) unsafe trait VfsMkdir<E: EndDirop, D: Delegation> {
    /// Returns zero or a negative errno. If a delegation on the directory has to be broken first,
    /// it stores the directory in `delegation` and returns `EWOULDBLOCK`.
    ///
    /// On success `update` runs before the change is ended. It receives the dentry of the new
    /// directory. This is not `change.child` if the filesystem had another dentry for it. It is
    /// negative or unhashed if the filesystem leaves it to the next lookup.
    ///
    /// # Safety
    ///
    /// - `start_creating` of the [`super::dirop::Dirop`] that `E` implements has started `change`,
    ///   and it has not been ended.
    /// - The caller has write access to a mount of the filesystem.
    unsafe fn call_and_end(
        change: &StartedChange,
        mode: umode_t,
        delegation: &mut D::Place,
        update: impl FnOnce(*mut dentry),
    ) -> c_int;
}
