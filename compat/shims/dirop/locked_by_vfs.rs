// SPDX-License-Identifier: GPL-2.0

//! The VFS locks and looks up, in `start_creating()` and `start_removing()`.

use bindings::{dentry, ffi::c_int, mnt_idmap, qstr};

use crate::compat::{raw::from_err_ptr, shims::lookup_one::LookupOne};

bindings::signatures! {
    bindings::end_dirop: fn(*mut dentry);
    bindings::start_creating: fn(*mut mnt_idmap, *mut dentry, *mut qstr) -> *mut dentry;
    bindings::start_creating_dentry: fn(*mut dentry, *mut dentry) -> *mut dentry;
    bindings::start_removing: fn(*mut mnt_idmap, *mut dentry, *mut qstr) -> *mut dentry;
}

pub(crate) struct Answer;

// SAFETY: `start_creating()` and `start_removing()` look `name` up in `parent`, and
// `start_creating_dentry()` checks that the dentry is an entry of `parent`.
// - (a) They take a reference to the dentry.
// - (b) They have looked it up, or checked its parent, with the directory locked.
// - (c) They take a lock that excludes other changes to the entry. `end_dirop()` drops the
//   reference and the lock.
unsafe impl<L: LookupOne> super::Dirop<L> for Answer {
    unsafe fn start_creating(
        idmap: *mut mnt_idmap,
        parent: *mut dentry,
        name: &qstr,
    ) -> Result<*mut dentry, c_int> {
        // A copy, because the call writes the hash of the name into its argument.
        let mut name = *name;
        // SAFETY: The safety requirements of this function ensure that all pointers are valid, and
        // that the caller holds no `i_rwsem` and not the `s_vfs_rename_mutex` of the filesystem.
        from_err_ptr(unsafe { bindings::start_creating(idmap, parent, &mut name) })
    }

    unsafe fn start_creating_at(parent: *mut dentry, child: *mut dentry) -> Result<(), c_int> {
        // SAFETY: The safety requirements of this function ensure that both dentries are
        // referenced, and that the caller holds no `i_rwsem` and not the `s_vfs_rename_mutex` of
        // the filesystem.
        from_err_ptr(unsafe { bindings::start_creating_dentry(parent, child) }).map(drop)
    }

    unsafe fn start_removing(
        idmap: *mut mnt_idmap,
        parent: *mut dentry,
        name: &qstr,
    ) -> Result<*mut dentry, c_int> {
        // A copy, because the call writes the hash of the name into its argument.
        let mut name = *name;
        // SAFETY: The safety requirements of this function ensure that all pointers are valid, and
        // that the caller holds no `i_rwsem` and not the `s_vfs_rename_mutex` of the filesystem.
        from_err_ptr(unsafe { bindings::start_removing(idmap, parent, &mut name) })
    }
}

impl super::EndDirop for Answer {
    type Lock = super::LockOfVfs;

    unsafe fn end(child: *mut dentry) {
        // SAFETY: The safety requirements of this function ensure that the change to `child` was
        // started and has not been ended.
        unsafe { bindings::end_dirop(child) };
    }
}
