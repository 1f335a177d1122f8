// SPDX-License-Identifier: GPL-2.0

//! Question: what does `vfs_mknod()` take?
//!
//! Up to 6.18 nothing of delegations. Since 6.19, which grants them on directories, a place for the
//! delegated inode that the caller has to wait for comes last, or null (commit e8960c1b2ee9).
//!
//! C header: `include/linux/fs.h`

use bindings::{dentry, dev_t, ffi::c_int, inode, mnt_idmap, umode_t};

answers! { vfs_mknod:
    "takes_delegation" => takes_delegation,
    "takes_no_delegation" => takes_no_delegation,
}

/// Makes a special file.
pub(crate) trait VfsMknod {
    /// Returns zero or a negative errno; `EWOULDBLOCK` if a delegation on the directory would have
    /// to be broken first.
    ///
    /// # Safety
    ///
    /// `dentry` was given to `Dirop::start_creating` with `dir`'s dentry and has not been ended; the
    /// mount's idmap is `idmap`, and the caller has write access to the mount.
    unsafe fn call(
        idmap: *mut mnt_idmap,
        dir: *mut inode,
        dentry: *mut dentry,
        mode: umode_t,
        device: dev_t,
    ) -> c_int;
}
