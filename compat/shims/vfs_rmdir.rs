// SPDX-License-Identifier: GPL-2.0

//! Question: what does `vfs_rmdir()` take?
//!
//! Up to 6.18 nothing of delegations. Since 6.19, which grants them on directories, a place for the
//! delegated inode that the caller has to wait for comes last, or null (commit 4fa76319cd0c).
//!
//! C header: `include/linux/fs.h`

use bindings::{dentry, ffi::c_int, inode, mnt_idmap};

answers! { vfs_rmdir:
    "takes_delegation" => takes_delegation,
    "takes_no_delegation" => takes_no_delegation,
}

/// Removes a directory.
pub(crate) trait VfsRmdir {
    /// Returns zero or a negative errno; `EWOULDBLOCK` if a delegation on the directory would have
    /// to be broken first.
    ///
    /// # Safety
    ///
    /// `dentry` was given to `Dirop::start_removing` with `dir`'s dentry and has not been ended; the
    /// mount's idmap is `idmap`, and the caller has write access to the mount.
    unsafe fn call(idmap: *mut mnt_idmap, dir: *mut inode, dentry: *mut dentry) -> c_int;
}
