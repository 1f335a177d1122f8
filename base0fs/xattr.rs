// SPDX-License-Identifier: GPL-2.0

//! Extended attributes: the lower file's, of every name.

#![forbid(unsafe_code)]

use core::ffi::CStr;

use crate::{
    compat::{
        dentry::Dentry,
        error::{no_data, Result},
        ops::XattrOperations,
        types::c_int,
        upper::Upper,
        xattr::XattrBuffer,
    },
    Base0fs,
};

/// What a program may do beyond what its user may.
const CAPABILITIES: &CStr = c"security.capability";

impl XattrOperations for Base0fs {
    fn get_xattr(dentry: &Upper<Dentry>, name: &CStr, value: XattrBuffer<'_>) -> Result<usize> {
        // The VFS looks at the upper mount alone for whether capabilities of a file count.
        if dentry.lower_mount().is_nosuid() && name == CAPABILITIES {
            return Err(no_data());
        }
        dentry.lower_mount().get_xattr(dentry.lower(), name, value)
    }

    fn set_xattr(
        dentry: &Upper<Dentry>,
        name: &CStr,
        value: Option<&[u8]>,
        flags: c_int,
    ) -> Result {
        let set = dentry
            .lower_mount()
            .want_write()
            .and_then(|write| write.set_xattr(dentry.lower(), name, value, flags));
        // Some names change the mode, and the VFS has prepared the upper inode for that.
        if let Some(inode) = dentry.upper_inode() {
            inode.refresh();
        }
        set
    }
}
