// SPDX-License-Identifier: GPL-2.0

//! Extended attributes: those of the lower file, whatever their names.

#![forbid(unsafe_code)]

use core::ffi::CStr;

use crate::{
    compat::{
        dentry::Dentry,
        error::{no_data, Result},
        io::BytesTransferred,
        upper::Upper,
        xattr::{XattrBuffer, XattrChange},
    },
    passthrough::passes_through,
};

/// The capabilities that an executable file gives. The value contains the root id (`struct
/// vfs_ns_cap_data`), which the VFS translates between the upper file and the caller's user
/// namespace. It must not be translated a second time below.
const CAPABILITIES: &CStr = c"security.capability";

/// The operations on extended attributes.
pub(crate) trait XattrOperations {
    fn get_xattr<'a>(
        dentry: &Upper<Dentry>,
        name: &CStr,
        value: XattrBuffer<'a>,
    ) -> Result<BytesTransferred<'a>> {
        let mount = dentry.lower_mount();
        if name != CAPABILITIES {
            return mount.get_xattr(dentry.lower(), name, value);
        }
        // execve(2) checks only whether the upper mount is nosuid. All others get the attribute, as
        // they do on a nosuid mount.
        if mount.is_nosuid() && value.is_for_execve() {
            return Err(no_data());
        }
        mount.get_file_capabilities(dentry.lower(), value)
    }

    fn set_xattr(change: XattrChange<'_>) -> Result {
        let mount = change.lower_mount();
        mount.with_write_access(|write| match change.name() == CAPABILITIES {
            true => change.apply_to_file_capabilities(write),
            false => change.apply(write),
        })
    }
}

passes_through! { XattrOperations {
    fn get_xattr<'a>(dentry: &Upper<Dentry>, name: &CStr, value: XattrBuffer<'a>) -> Result<BytesTransferred<'a>>;
    fn set_xattr(change: XattrChange<'_>) -> Result;
}}
