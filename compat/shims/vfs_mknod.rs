// SPDX-License-Identifier: GPL-2.0

//! Question: what does `vfs_mknod()` take?
//!
//! Up to 6.18 it has no argument for delegations. Since 6.19, which grants them on directories, the
//! last argument is a place for the inode whose delegation the caller has to wait for, or null.
//! Each function that got this argument is a question of its own, because a backport may change one
//! of them only.
//!
//! C header: `include/linux/fs.h`

use bindings::{dev_t, ffi::c_int, umode_t};

use crate::compat::shims::{delegation::Delegation, dirop::StartedChange};

answers! { vfs_mknod:
    "takes_delegation" => takes_delegation,
    "takes_no_delegation" => takes_no_delegation,
}

/// Creates a special file.
pub(crate) trait VfsMknod<D: Delegation> {
    /// Returns zero or a negative errno. If a delegation on the directory has to be broken first,
    /// it stores the directory in `delegation` and returns `EWOULDBLOCK`.
    ///
    /// # Safety
    ///
    /// - `change` was started by `Dirop::start_creating`, and has not been ended.
    /// - The caller has write access to a mount of the filesystem.
    unsafe fn call(
        change: &StartedChange,
        mode: umode_t,
        device: dev_t,
        delegation: &mut D::Place,
    ) -> c_int;
}
