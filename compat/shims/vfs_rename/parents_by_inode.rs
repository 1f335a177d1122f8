// SPDX-License-Identifier: GPL-2.0

//! The caller locks and looks up; the parents are inodes.

use bindings::{dentry, ffi::c_int, ffi::c_uint, renamedata, EEXIST, EINVAL, ENOENT, ENOTEMPTY};

use crate::compat::{raw::from_err_ptr, shims::lookup_one::LookupOne};

pub(crate) struct Answer;

impl<L: LookupOne> super::VfsRename<L> for Answer {
    unsafe fn call(
        what: &super::Renaming<'_>,
        follow: impl FnOnce(*mut dentry, *mut dentry),
    ) -> c_int {
        // SAFETY: Both are counted directories of one filesystem, of which the caller holds no lock.
        let locked = unsafe { bindings::lock_rename(what.old_parent, what.new_parent) };
        let trap = match from_err_ptr(locked) {
            Ok(trap) => trap,
            Err(errno) => return errno,
        };
        // SAFETY: Both directories are locked.
        let errno = unsafe { look_up_and_rename::<L>(what, trap, follow) };
        // SAFETY: Locked above.
        unsafe { bindings::unlock_rename(what.old_parent, what.new_parent) };
        errno
    }
}

/// # Safety
///
/// As for `VfsRename::call`, and both directories are locked by `lock_rename()`, which returned
/// `trap`.
unsafe fn look_up_and_rename<L: LookupOne>(
    what: &super::Renaming<'_>,
    trap: *mut dentry,
    follow: impl FnOnce(*mut dentry, *mut dentry),
) -> c_int {
    // SAFETY: All pointers are valid, and both directories are locked.
    let old = match unsafe { L::locked(what.idmap, what.old_name, what.old_parent) } {
        Ok(old) => old,
        Err(errno) => return errno,
    };
    // SAFETY: As above.
    let errno = match unsafe { L::locked(what.idmap, what.new_name, what.new_parent) } {
        Ok(new) => {
            // SAFETY: Both dentries were found under the locks, and are counted.
            let errno = match unsafe { refusal(what, old, new, trap) } {
                // SAFETY: As above.
                0 => unsafe { rename(what, old, new) },
                errno => errno,
            };
            if errno == 0 {
                follow(old, new);
            }
            // SAFETY: The lookup has counted it.
            unsafe { bindings::dput(new) };
            errno
        }
        Err(errno) => errno,
    };
    // SAFETY: The lookup has counted it.
    unsafe { bindings::dput(old) };
    errno
}

/// Why these two entries cannot be renamed, in the order in which the VFS finds it; or zero.
///
/// # Safety
///
/// Both dentries are counted entries of the locked directories.
unsafe fn refusal(
    what: &super::Renaming<'_>,
    old: *mut dentry,
    new: *mut dentry,
    trap: *mut dentry,
) -> c_int {
    // SAFETY: Both are counted.
    let (no_old, no_new) = unsafe { (bindings::d_is_negative(old), bindings::d_is_negative(new)) };
    let exchanges = what.flags & bindings::RENAME_EXCHANGE as c_uint != 0;
    let replaces = what.flags & bindings::RENAME_NOREPLACE as c_uint == 0;
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

/// # Safety
///
/// Both dentries are counted entries of the locked directories, and nothing refuses the renaming.
unsafe fn rename(what: &super::Renaming<'_>, old: *mut dentry, new: *mut dentry) -> c_int {
    // SAFETY: Both parents are counted directories, so that they keep their inodes.
    let (old_dir, new_dir) = unsafe { ((*what.old_parent).d_inode, (*what.new_parent).d_inode) };
    let mut data = renamedata {
        old_mnt_idmap: what.idmap,
        old_dir,
        old_dentry: old,
        new_mnt_idmap: what.idmap,
        new_dir,
        new_dentry: new,
        flags: what.flags,
        ..Default::default()
    };
    // SAFETY: The directories are locked, and the entries are theirs.
    unsafe { bindings::vfs_rename(&mut data) }
}
