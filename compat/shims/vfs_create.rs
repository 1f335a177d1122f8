// SPDX-License-Identifier: GPL-2.0

//! Question: what does `vfs_create()` take?
//!
//! Up to 6.18 it takes the directory, and whether the file must be new. Since 6.19 it takes
//! neither: the directory is the dentry's parent. The last argument is a place for the inode whose
//! delegation the caller has to wait for, or null.
//!
//! C header: `include/linux/fs.h`

use bindings::{ffi::c_int, umode_t};

use crate::compat::shims::{delegation::Delegation, dirop::StartedChange};

answers! { vfs_create:
    "takes_delegation" => takes_delegation,
    "takes_directory" => takes_directory,
}

/// Creates a regular file.
pub(crate) trait VfsCreate<D: Delegation> {
    /// Returns zero or a negative errno. If a delegation on the directory has to be broken first,
    /// it stores the directory in `delegation` and returns `EWOULDBLOCK`.
    ///
    /// # Safety
    ///
    /// - `change` was started by `Dirop::start_creating` or `Dirop::start_creating_at`, and has not
    ///   been ended.
    /// - The caller has write access to a mount of the filesystem.
    unsafe fn call(change: &StartedChange, mode: umode_t, delegation: &mut D::Place) -> c_int;
}
