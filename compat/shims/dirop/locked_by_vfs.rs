// SPDX-License-Identifier: GPL-2.0

//! The VFS locks and looks up, in `start_creating()` and its like.

use bindings::{dentry, ffi::c_int, mnt_idmap, qstr};

use crate::compat::{raw::from_err_ptr, shims::lookup_one::LookupOne};

pub(crate) struct Answer;

// SAFETY: `start_creating()` and `start_removing()` keep the lock that excludes other changes of the
// entry until `end_dirop()`.
unsafe impl<L: LookupOne> super::Dirop<L> for Answer {
    unsafe fn start_creating(
        idmap: *mut mnt_idmap,
        parent: *mut dentry,
        name: &qstr,
    ) -> Result<*mut dentry, c_int> {
        // The call writes the hash that the filesystem of `parent` wants into its argument.
        let mut own = *name;
        // SAFETY: The caller of this function keeps the pointers valid and holds no lock of the
        // filesystem.
        from_err_ptr(unsafe { bindings::start_creating(idmap, parent, &mut own) })
    }

    unsafe fn start_creating_at(parent: *mut dentry, child: *mut dentry) -> Result<(), c_int> {
        // SAFETY: As for `start_creating`, and `child` is counted.
        from_err_ptr(unsafe { bindings::start_creating_dentry(parent, child) }).map(drop)
    }

    unsafe fn start_removing(
        idmap: *mut mnt_idmap,
        parent: *mut dentry,
        name: &qstr,
    ) -> Result<*mut dentry, c_int> {
        let mut own = *name;
        // SAFETY: As for `start_creating`.
        from_err_ptr(unsafe { bindings::start_removing(idmap, parent, &mut own) })
    }
}

impl super::EndDirop for Answer {
    unsafe fn end(child: *mut dentry) {
        // SAFETY: The caller of this function has started the change, and has not ended it.
        unsafe { bindings::end_dirop(child) };
    }
}
