// SPDX-License-Identifier: GPL-2.0

//! The VFS locks and looks up, in `start_creating()` and `start_removing()`.

use bindings::{dentry, ffi::c_int, mnt_idmap, qstr};

use crate::compat::{raw::from_err_ptr, shims::lookup_one::LookupOne};

pub(crate) struct Answer;

// SAFETY: `start_creating()`, `start_creating_dentry()` and `start_removing()` take a reference on
// the dentry, and a lock that excludes other changes of the entry. `end_dirop()` drops both.
unsafe impl<L: LookupOne> super::Dirop<L> for Answer {
    unsafe fn start_creating(
        idmap: *mut mnt_idmap,
        parent: *mut dentry,
        name: &qstr,
    ) -> Result<*mut dentry, c_int> {
        // A copy, because the call writes the hash of the name into its argument.
        let mut name = *name;
        // SAFETY: The safety requirements of this function ensure that all pointers are valid, and
        // that the caller holds no lock of the filesystem.
        from_err_ptr(unsafe { bindings::start_creating(idmap, parent, &mut name) })
    }

    unsafe fn start_creating_at(parent: *mut dentry, child: *mut dentry) -> Result<(), c_int> {
        // SAFETY: The safety requirements of this function ensure that both dentries are
        // referenced, and that the caller holds no lock of the filesystem.
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
        // that the caller holds no lock of the filesystem.
        from_err_ptr(unsafe { bindings::start_removing(idmap, parent, &mut name) })
    }
}

impl super::EndDirop for Answer {
    unsafe fn end(child: *mut dentry) {
        // SAFETY: The safety requirements of this function ensure that the change of `child` was
        // started and has not been ended.
        unsafe { bindings::end_dirop(child) };
    }
}
