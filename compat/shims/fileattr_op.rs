// SPDX-License-Identifier: GPL-2.0

//! Question: which structure holds the attributes that chattr(1) changes?
//!
//! Up to 6.16 it is `struct fileattr`. Since 6.17 it is `struct file_kattr`. The members are the
//! same.
//!
//! C header: `include/linux/fileattr.h`

use bindings::{dentry, ffi::c_int, mnt_idmap};

answers! { fileattr_op:
    "file_kattr" => file_kattr,
    "fileattr" => fileattr,
}

/// The structure, and the functions of the VFS that take it.
pub(crate) trait FileattrOp {
    /// The C structure, which the slots `fileattr_get` and `fileattr_set` receive too.
    type Attributes;

    /// Gets the attributes of a file. Returns zero or a negative errno.
    ///
    /// # Safety
    ///
    /// `dentry` is positive. It and `attributes` are valid for the call.
    unsafe fn get(dentry: *mut dentry, attributes: *mut Self::Attributes) -> c_int;

    /// Sets the attributes of a file, with the checks and the lock of the VFS. Returns zero or a
    /// negative errno.
    ///
    /// # Safety
    ///
    /// `dentry` is positive. All pointers are valid for the call. `idmap` is that of a mount of the
    /// dentry's filesystem, to which the caller has write access.
    unsafe fn set(
        idmap: *mut mnt_idmap,
        dentry: *mut dentry,
        attributes: *mut Self::Attributes,
    ) -> c_int;
}
