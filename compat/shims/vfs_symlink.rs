// SPDX-License-Identifier: GPL-2.0

//! Question: what does `vfs_symlink()` take?
//!
//! Up to 6.18 it has no argument for delegations. Since 6.19, which grants them on directories, the
//! last argument is a place for the inode whose delegation the caller has to wait for, or null.
//! Each function that got this argument is a question of its own, because a backport may change one
//! of them only.
//!
//! C header: `include/linux/fs.h`

use bindings::{ffi::c_char, ffi::c_int};

use crate::compat::shims::{delegation::Delegation, dirop::StartedChange};

answers! { vfs_symlink:
    "takes_delegation" => takes_delegation,
    "takes_no_delegation" => takes_no_delegation,
}

/// Creates a symbolic link.
pub(crate) trait VfsSymlink<D: Delegation> {
    /// Returns zero or a negative errno. If a delegation on the directory has to be broken first,
    /// it stores the directory in `delegation` and returns `EWOULDBLOCK`.
    ///
    /// # Safety
    ///
    /// - `change` was started by `Dirop::start_creating`, and has not been ended.
    /// - The caller has write access to a mount of the filesystem.
    /// - `target` points to a string that ends in a null byte, valid for the call.
    unsafe fn call(
        change: &StartedChange,
        target: *const c_char,
        delegation: &mut D::Place,
    ) -> c_int;
}
