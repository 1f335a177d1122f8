// SPDX-License-Identifier: GPL-2.0

//! Extended attributes: the lower file's, of every name.

#![forbid(unsafe_code)]

use core::ffi::CStr;

use crate::{
    compat::{
        dentry::Dentry,
        error::{no_data, Result},
        io::Transferred,
        ops::XattrOperations,
        types::c_int,
        upper::Upper,
        xattr::XattrBuffer,
    },
    Base0fs,
};

/// What a program may do beyond what its user may. The VFS translates the value between this layer and
/// the caller's user namespace, so that it must not be translated below as well.
const CAPABILITIES: &CStr = c"security.capability";

impl XattrOperations for Base0fs {
    fn get_xattr<'a>(
        dentry: &Upper<Dentry>,
        name: &CStr,
        value: XattrBuffer<'a>,
    ) -> Result<Transferred<'a>> {
        let mount = dentry.lower_mount();
        if name != CAPABILITIES {
            return mount.get_xattr(dentry.lower(), name, value);
        }
        // The VFS asks the upper mount alone whether capabilities of a file count.
        if mount.is_nosuid() {
            return Err(no_data());
        }
        mount.get_file_capabilities(dentry.lower(), value)
    }

    fn set_xattr(
        dentry: &Upper<Dentry>,
        name: &CStr,
        value: Option<&[u8]>,
        flags: c_int,
    ) -> Result {
        let mount = dentry.lower_mount();
        mount.with_write_access(|write| match name == CAPABILITIES {
            true => write.set_file_capabilities(dentry.lower(), value, flags),
            false => write.set_xattr(dentry.lower(), name, value, flags),
        })
    }
}
