// SPDX-License-Identifier: GPL-2.0

//! Directories: each change is made below, and the layer above follows.

#![forbid(unsafe_code)]

use core::ffi::CStr;

use crate::{
    compat::{
        counted::Counted,
        dentry::{Dentry, Name},
        dirop::{rename, Creating, Removing},
        error::{code, stale, Error, Result},
        ops::{DirectoryOperations, Rename},
        types::{dev_t, umode_t},
        upper::{Entry, Opening, Upper},
    },
    Base0fs,
};

/// Makes `entry` by `change`, or fails with `taken` if somebody was faster below.
fn make(entry: Entry<'_>, taken: Error, change: impl FnOnce(Creating<'_>) -> Result) -> Result {
    let write = entry.lower_mount().want_write()?;
    let creating = Creating::start(&write, entry.lower_entry(), taken)?;
    change(creating)
}

/// Removes `entry` by `change`.
fn remove(entry: Entry<'_>, change: impl FnOnce(Removing<'_>) -> Result) -> Result {
    let write = entry.lower_mount().want_write()?;
    let removing = Removing::start(&write, entry.lower_entry())?;
    change(removing)
}

impl DirectoryOperations for Base0fs {
    fn lookup(parent: &Upper<Dentry>, name: Name<'_>) -> Result<Counted<Dentry>> {
        parent.lower().lookup(parent.lower_mount(), name)
    }

    fn create(entry: Entry<'_>, mode: umode_t) -> Result {
        // Whoever opens a file to be made if need be is content with one that is there: look again.
        make(entry, stale(), |new| new.create(mode))
    }

    fn link(old: &Upper<Dentry>, entry: Entry<'_>) -> Result {
        make(entry, code::EEXIST, |new| new.link(old.lower()))
    }

    fn unlink(entry: Entry<'_>) -> Result {
        remove(entry, |old| old.unlink())
    }

    fn symlink(entry: Entry<'_>, target: &CStr) -> Result {
        make(entry, code::EEXIST, |new| new.symlink(target))
    }

    fn mkdir(entry: Entry<'_>, mode: umode_t) -> Result {
        make(entry, code::EEXIST, |new| new.mkdir(mode))
    }

    fn rmdir(entry: Entry<'_>) -> Result {
        remove(entry, |old| old.rmdir())
    }

    fn mknod(entry: Entry<'_>, mode: umode_t, device: dev_t) -> Result {
        make(entry, code::EEXIST, |new| new.mknod(mode, device))
    }

    fn rename(what: Rename<'_>) -> Result {
        let write = what.old.lower_mount().want_write()?;
        rename(
            &write,
            what.old.lower_entry(),
            what.new.lower_entry(),
            what.flags,
        )
    }

    fn tmpfile(parent: &Upper<Dentry>, file: &Opening<'_>, mode: umode_t) -> Result {
        let _write = parent.lower_mount().want_write()?;
        file.open_lower_tmpfile(parent.lower_path(), file.flags().for_lower(), mode)
    }
}
