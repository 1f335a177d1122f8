// SPDX-License-Identifier: GPL-2.0

//! Question: who locks a directory to change one of its entries, and looks the entry up?
//!
//! Up to 6.18 the caller locks the parent and looks the name up in it. Since 6.19
//! `start_creating()` and `start_removing()` do both, and `end_dirop()` undoes both. Which lock
//! they take is internal to the VFS.
//!
//! Both answers look the name up while they hold the lock, because a dentry that was found before
//! may have been renamed since. [`Dirop::start_creating_at`] is the exception: `open(2)` continues
//! with the dentry that it has. It checks the parent of that dentry but not the name. Its caller
//! therefore checks the name.
//!
//! Which lock protects an entry is one decision of the kernel. So the questions `vfs_mkdir` and
//! `vfs_rename` depend on this one, by [`EndDirop::Lock`]. `vfs_create`, `vfs_mknod`, `vfs_rmdir`
//! and `vfs_symlink` do not: they take a locked entry and leave it locked, and differ in their
//! arguments alone. `lookup_one` is called with either lock, and `lookup_unchecked` takes and
//! releases its own.
//!
//! C header: `include/linux/namei.h`

use bindings::{dentry, ffi::c_int, inode, mnt_idmap, qstr};

use crate::compat::shims::lookup_one::LookupOne;

answers! { dirop:
    "locked_by_caller" => locked_by_caller,
    "locked_by_vfs" => locked_by_vfs,
}

/// A started change to one directory entry. The functions that create or remove the entry
/// (`vfs_create()` and the like) share these arguments.
///
/// # Invariants
///
/// - `child` is the dentry that a start of [`Dirop`] has returned, or that was passed to
///   [`Dirop::start_creating_at`].
/// - `dir` is the inode of the directory that was passed to the start.
/// - `idmap` is valid. It maps the ids of the directory's filesystem to those that the caller sees.
pub(crate) struct StartedChange {
    /// The idmap for the caller.
    pub(crate) idmap: *mut mnt_idmap,
    /// The inode of the directory.
    pub(crate) dir: *mut inode,
    /// The dentry of the entry.
    pub(crate) child: *mut dentry,
}

/// Starts the change to one entry of a directory.
///
/// # Safety
///
/// From a successful start until [`EndDirop::end`]:
///
/// - (a) The start holds a reference to the dentry that it has returned, or that was passed to
///   [`Self::start_creating_at`].
/// - (b) That dentry is the entry `name` of `parent`; for [`Self::start_creating_at`] it is an
///   entry of `parent`.
/// - (c) Only the caller gives it an inode, removes its inode, or renames it.
pub(crate) unsafe trait Dirop<L: LookupOne>: EndDirop {
    /// Prepares to give the entry `name` an inode. The returned dentry is positive if it has one
    /// already.
    ///
    /// Errors, as negative errnos: `ENOENT` if `parent` has been removed and the name is not in the
    /// dentry cache; `EACCES` if the caller may not search it; those of the lookup.
    ///
    /// # Safety
    ///
    /// - `idmap` is valid for the call, and the bytes of `name` are readable.
    /// - `parent` is a referenced, positive dentry of a directory.
    /// - The caller holds no `i_rwsem` and not the `s_vfs_rename_mutex` of the filesystem of
    ///   `parent`.
    /// - The caller has write access to a mount of the filesystem.
    unsafe fn start_creating(
        idmap: *mut mnt_idmap,
        parent: *mut dentry,
        name: &qstr,
    ) -> Result<*mut dentry, c_int>;

    /// Prepares to give the negative dentry `child` an inode. Its name may have changed since it
    /// was found, and the filesystem does not revalidate it.
    ///
    /// Errors, as negative errnos: `EINVAL` if `child` is not a hashed entry of `parent` any more,
    /// or `parent` has been removed; `EEXIST` if `child` is positive.
    ///
    /// # Safety
    ///
    /// - `parent` is a referenced, positive dentry of a directory.
    /// - `child` is referenced.
    /// - The caller holds no `i_rwsem` and not the `s_vfs_rename_mutex` of the filesystem of
    ///   `parent`.
    /// - The caller has write access to a mount of that filesystem.
    unsafe fn start_creating_at(parent: *mut dentry, child: *mut dentry) -> Result<(), c_int>;

    /// Prepares to remove the inode of the entry `name`. The returned dentry is positive.
    ///
    /// Errors, as negative errnos: `ENOENT` if the entry is negative; those of
    /// [`Self::start_creating`].
    ///
    /// # Safety
    ///
    /// The same as for [`Self::start_creating`].
    unsafe fn start_removing(
        idmap: *mut mnt_idmap,
        parent: *mut dentry,
        name: &qstr,
    ) -> Result<*mut dentry, c_int>;
}

/// The caller locks directories. The type has no values.
#[allow(dead_code)] // Only the answers to some questions name it.
pub(crate) enum LockOfCaller {}

/// The VFS locks what it wants. The type has no values.
#[allow(dead_code)]
pub(crate) enum LockOfVfs {}

/// Ends the change to one entry of a directory.
pub(crate) trait EndDirop {
    /// Whose lock protects the entry: [`LockOfCaller`] or [`LockOfVfs`].
    type Lock;

    /// Unlocks the directory, and drops the reference to `child`.
    ///
    /// # Safety
    ///
    /// A start of [`Dirop`] has succeeded, and the change has not been ended. The start has
    /// returned `child` or has received it, or `vfs_mkdir()` has returned `child` in its place. The
    /// caller gives up a reference to `child`.
    unsafe fn end(child: *mut dentry);
}
