// SPDX-License-Identifier: GPL-2.0

//! Directories: each change is made in the lower directory, and compat updates the upper dentries.

#![forbid(unsafe_code)]

use core::ffi::CStr;

use crate::{
    compat::{
        dentry::Dentry,
        dirop::{CreateRequest, RemoveRequest, RenameRequest},
        error::Result,
        ops::AclOperations,
        types::{dev_t, umode_t},
        upper::{Found, Lookup, Opened, TmpfileRequest, Upper},
    },
    passthrough::passes_through,
};

/// The operations of a directory.
pub(crate) trait DirectoryOperations: AclOperations {
    fn lookup<'a>(lookup: Lookup<'a>) -> Result<Found<'a>> {
        lookup.find_lower()
    }

    fn create(entry: CreateRequest<'_>, mode: umode_t) -> Result {
        let mount = entry.lower_mount();
        mount.with_write_access(|write| entry.create(write, mode))
    }

    fn link(old: &Upper<Dentry>, entry: CreateRequest<'_>) -> Result {
        let mount = entry.lower_mount();
        mount.with_write_access(|write| entry.link(write, old))
    }

    fn unlink(entry: RemoveRequest<'_>) -> Result {
        let mount = entry.lower_mount();
        mount.with_write_access(|write| entry.unlink(write))
    }

    fn symlink(entry: CreateRequest<'_>, target: &CStr) -> Result {
        let mount = entry.lower_mount();
        mount.with_write_access(|write| entry.symlink(write, target))
    }

    fn mkdir(entry: CreateRequest<'_>, mode: umode_t) -> Result {
        let mount = entry.lower_mount();
        mount.with_write_access(|write| entry.mkdir(write, mode))
    }

    fn rmdir(entry: RemoveRequest<'_>) -> Result {
        let mount = entry.lower_mount();
        mount.with_write_access(|write| entry.rmdir(write))
    }

    fn mknod(entry: CreateRequest<'_>, mode: umode_t, device: dev_t) -> Result {
        let mount = entry.lower_mount();
        mount.with_write_access(|write| entry.mknod(write, mode, device))
    }

    fn rename(what: RenameRequest<'_>) -> Result {
        let mount = what.lower_mount();
        mount.with_write_access(|write| what.rename(write))
    }

    fn tmpfile<'a>(file: TmpfileRequest<'a>, mode: umode_t) -> Result<Opened<'a>> {
        let mount = file.parent().lower_mount();
        // Creating the file needs write access, and `open_lower` does not take it.
        mount.with_write_access(|_| file.open_lower(mode))
    }
}

passes_through! { DirectoryOperations {
    fn lookup<'a>(lookup: Lookup<'a>) -> Result<Found<'a>>;
    fn create(entry: CreateRequest<'_>, mode: umode_t) -> Result;
    fn link(old: &Upper<Dentry>, entry: CreateRequest<'_>) -> Result;
    fn unlink(entry: RemoveRequest<'_>) -> Result;
    fn symlink(entry: CreateRequest<'_>, target: &CStr) -> Result;
    fn mkdir(entry: CreateRequest<'_>, mode: umode_t) -> Result;
    fn rmdir(entry: RemoveRequest<'_>) -> Result;
    fn mknod(entry: CreateRequest<'_>, mode: umode_t, device: dev_t) -> Result;
    fn rename(what: RenameRequest<'_>) -> Result;
    fn tmpfile<'a>(file: TmpfileRequest<'a>, mode: umode_t) -> Result<Opened<'a>>;
}}
