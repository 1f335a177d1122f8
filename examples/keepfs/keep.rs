// SPDX-License-Identifier: GPL-2.0

//! What keepfs changes: a name that is there stays there, with its file. Everything else passes
//! through, so files can be created, read and written.

#![forbid(unsafe_code)]

use core::ffi::CStr;

use crate::{
    compat::{
        dirop::{RemoveRequest, RenameRequest},
        error::{code, Result},
    },
    passthrough,
};

/// The filesystem.
pub(crate) struct KeepFs;

impl passthrough::FileSystem for KeepFs {
    const NAME: &'static CStr = crate::NAME;
}

impl passthrough::DirectoryOperations for KeepFs {
    fn unlink(_: RemoveRequest<'_>) -> Result {
        Err(code::EPERM)
    }

    fn rmdir(_: RemoveRequest<'_>) -> Result {
        Err(code::EPERM)
    }

    fn rename(_: RenameRequest<'_>) -> Result {
        Err(code::EPERM)
    }
}

impl passthrough::AclOperations for KeepFs {}
impl passthrough::DentryOperations for KeepFs {}
impl passthrough::DirectoryFileOperations for KeepFs {}
impl passthrough::FileOperations for KeepFs {}
impl passthrough::HandleOperations for KeepFs {}
impl passthrough::InodeOperations for KeepFs {}
impl passthrough::RegularFileOperations for KeepFs {}
impl passthrough::SymlinkOperations for KeepFs {}
impl passthrough::XattrOperations for KeepFs {}
