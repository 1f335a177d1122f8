// SPDX-License-Identifier: GPL-2.0

//! POSIX ACLs: those of the lower file.

#![forbid(unsafe_code)]

use crate::{
    compat::{
        acl::{AclChange, AclRequest, FoundAcl},
        error::Result,
        ops::InodeOperations,
    },
    passthrough::passes_through,
};

/// The operations on the POSIX ACLs of a file.
pub(crate) trait AclOperations: InodeOperations {
    fn get_acl<'a>(request: AclRequest<'a>) -> Result<FoundAcl<'a>> {
        request.get_lower()
    }

    fn set_acl(change: AclChange<'_>) -> Result {
        let mount = change.dentry().lower_mount();
        mount.with_write_access(|write| change.apply(write))
    }
}

passes_through! { AclOperations {
    fn get_acl<'a>(request: AclRequest<'a>) -> Result<FoundAcl<'a>>;
    fn set_acl(change: AclChange<'_>) -> Result;
}}
