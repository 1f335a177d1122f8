// SPDX-License-Identifier: GPL-2.0

//! Question: what does `vfs_create()` take?
//!
//! Up to 6.18 the directory, and whether the file must be new. Since 6.19 (commits 85bbffcad730
//! and c826229c6a82) neither: the directory is the dentry's parent, and a place for the delegated inode
//! that the caller has to wait for comes last, or null.
//!
//! C header: `include/linux/fs.h`

use bindings::{dentry, ffi::c_int, inode, mnt_idmap, umode_t};

answers! { vfs_create:
    "takes_delegation" => takes_delegation,
    "takes_directory" => takes_directory,
}

/// Makes a regular file.
pub(crate) trait VfsCreate {
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
    ) -> c_int;
}
