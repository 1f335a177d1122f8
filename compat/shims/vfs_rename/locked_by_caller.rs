// SPDX-License-Identifier: GPL-2.0

//! The caller locks both directories by `lock_rename()`, and looks both names up.
//!
//! Only without: bindings::start_creating, bindings::start_creating_dentry
//! Only without: bindings::start_removing, bindings::end_dirop
//! Only without: bindings::start_renaming, bindings::end_renaming

use bindings::{
    dentry,
    ffi::{c_int, c_uint},
    renamedata, EEXIST, EINVAL, ENOENT, ENOTEMPTY,
};

use super::Renaming;
use crate::compat::{
    raw::from_err_ptr,
    shims::{
        delegation::Delegation,
        dirop::{EndDirop, LockOfCaller},
        lookup_one::LookupOne,
        renamedata::RenameData,
    },
};

bindings::signatures! {
    bindings::lock_rename: fn(*mut dentry, *mut dentry) -> *mut dentry;
    bindings::unlock_rename: fn(*mut dentry, *mut dentry);
    bindings::vfs_rename: fn(*mut renamedata) -> c_int;
}

pub(crate) struct Answer;

impl<L, D, P, E> super::VfsRename<L, D, P, E> for Answer
where
    L: LookupOne,
    D: RenameData,
    P: Delegation,
    E: EndDirop<Lock = LockOfCaller>,
{
    unsafe fn call(
        renaming: &Renaming<'_>,
        delegation: &mut P::Place,
        update: impl FnOnce(*mut dentry, *mut dentry),
    ) -> c_int {
        let &Renaming {
            old_parent,
            new_parent,
            ..
        } = renaming;
        // SAFETY: The safety requirements of this function ensure that both are referenced
        // directories of one filesystem, and that the caller holds no `i_rwsem` and not the
        // `s_vfs_rename_mutex` of it.
        let locked = unsafe { bindings::lock_rename(old_parent, new_parent) };
        let trap = match from_err_ptr(locked) {
            Ok(trap) => trap,
            Err(errno) => return errno,
        };
        // SAFETY: `lock_rename()` has locked both directories and returned `trap`. This function
        // has the other safety requirements.
        let errno = unsafe { look_up_and_rename::<L, D, P>(renaming, trap, delegation, update) };
        // SAFETY: `lock_rename()` has locked both directories.
        unsafe { bindings::unlock_rename(old_parent, new_parent) };
        errno
    }
}

/// Looks both names up, renames, and calls `update`.
///
/// # Safety
///
/// - The safety requirements of `VfsRename::call`, except that `lock_rename()` has locked both
///   directories.
/// - `lock_rename()` has returned `trap`.
unsafe fn look_up_and_rename<L: LookupOne, D: RenameData, P: Delegation>(
    renaming: &Renaming<'_>,
    trap: *mut dentry,
    delegation: &mut P::Place,
    update: impl FnOnce(*mut dentry, *mut dentry),
) -> c_int {
    let idmap = renaming.idmap;
    // SAFETY: The safety requirements of this function ensure that all pointers are valid, and that
    // the directory is locked.
    let old = match unsafe { L::locked(idmap, renaming.old_name, renaming.old_parent) } {
        Ok(old) => old,
        Err(errno) => return errno,
    };
    // SAFETY: The safety requirements of this function ensure that all pointers are valid, and that
    // the directory is locked.
    let errno = match unsafe { L::locked(idmap, renaming.new_name, renaming.new_parent) } {
        Ok(new) => {
            // SAFETY: Both dentries are referenced entries of the locked directories.
            let errno = match unsafe { refusal(renaming, old, new, trap) } {
                // SAFETY: Both dentries are referenced entries of the locked directories, and the
                // rename is not refused. The safety requirements of this function ensure that both
                // parents are positive and referenced, and that the caller has write access to the
                // mount.
                0 => unsafe { rename::<D, P>(renaming, old, new, delegation) },
                errno => errno,
            };
            if errno == 0 {
                update(old, new);
            }
            // SAFETY: The lookup has taken this reference.
            unsafe { bindings::dput(new) };
            errno
        }
        Err(errno) => errno,
    };
    // SAFETY: The lookup has taken this reference.
    unsafe { bindings::dput(old) };
    errno
}

/// The negative errno with which the rename has to be refused, or zero. The checks have the order
/// of the VFS.
///
/// # Safety
///
/// Both dentries are referenced entries of the locked directories.
unsafe fn refusal(
    renaming: &Renaming<'_>,
    old: *mut dentry,
    new: *mut dentry,
    trap: *mut dentry,
) -> c_int {
    // SAFETY: The safety requirements of this function ensure that both dentries are referenced.
    let (no_old, no_new) = unsafe { (bindings::d_is_negative(old), bindings::d_is_negative(new)) };
    let exchanges = renaming.flags & bindings::RENAME_EXCHANGE as c_uint != 0;
    let replaces = renaming.flags & bindings::RENAME_NOREPLACE as c_uint == 0;
    if no_old {
        -ENOENT
    } else if !replaces && !no_new {
        -EEXIST
    } else if exchanges && no_new {
        -ENOENT
    } else if old == trap || (new == trap && exchanges) {
        -EINVAL
    } else if new == trap {
        -ENOTEMPTY
    } else {
        0
    }
}

/// Renames `old` to `new`.
///
/// # Safety
///
/// - Both dentries are referenced entries of the locked directories, and [`refusal`] has returned
///   zero. Both parents are referenced and positive.
/// - The caller has write access to a mount of the filesystem.
unsafe fn rename<D: RenameData, P: Delegation>(
    renaming: &Renaming<'_>,
    old: *mut dentry,
    new: *mut dentry,
    delegation: &mut P::Place,
) -> c_int {
    // SAFETY: The safety requirements of this function ensure that both parents are referenced and
    // positive.
    let mut data = unsafe { D::data(renaming, old, new) };
    P::report_in(delegation, &mut data);
    // SAFETY: The safety requirements of this function ensure that the directories are locked, that
    // the dentries are their entries, and that the caller has write access to the mount.
    unsafe { bindings::vfs_rename(&mut data) }
}
