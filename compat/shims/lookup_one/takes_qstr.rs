// SPDX-License-Identifier: GPL-2.0

//! The name is a `struct qstr`.

use bindings::{dentry, ffi::c_int, mnt_idmap, qstr};

use crate::compat::raw::from_err_ptr;

pub(crate) struct Answer;

impl super::LookupOne for Answer {
    unsafe fn locked(
        idmap: *mut mnt_idmap,
        name: &qstr,
        base: *mut dentry,
    ) -> Result<*mut dentry, c_int> {
        // The call writes the hash that the filesystem of `base` wants into its argument.
        let mut own = *name;
        // SAFETY: The caller of this function keeps the pointers valid and has locked `base`.
        from_err_ptr(unsafe { bindings::lookup_one(idmap, &mut own, base) })
    }

    unsafe fn unlocked(
        idmap: *mut mnt_idmap,
        name: &qstr,
        base: *mut dentry,
    ) -> Result<*mut dentry, c_int> {
        // As above.
        let mut own = *name;
        // SAFETY: The caller of this function keeps the pointers valid and has not locked `base`.
        from_err_ptr(unsafe { bindings::lookup_one_unlocked(idmap, &mut own, base) })
    }
}
