// SPDX-License-Identifier: GPL-2.0

//! Extended attributes: the lower file's, of every name.

#![forbid(unsafe_code)]

use core::ffi::CStr;

use crate::{
    compat::{
        dentry::Dentry, error::Result, ops::XattrOperations, types::c_int, upper::Upper,
        xattr::XattrBuffer,
    },
    Base0fs,
};

impl XattrOperations for Base0fs {
    fn get_xattr(dentry: &Upper<Dentry>, name: &CStr, value: XattrBuffer<'_>) -> Result<usize> {
        dentry.lower_mount().get_xattr(dentry.lower(), name, value)
    }

    fn set_xattr(
        dentry: &Upper<Dentry>,
        name: &CStr,
        value: Option<&[u8]>,
        flags: c_int,
    ) -> Result {
        let write = dentry.lower_mount().want_write()?;
        write.set_xattr(dentry.lower(), name, value, flags)
    }
}
