// SPDX-License-Identifier: GPL-2.0

//! They receive it as a `struct qstr`.

use bindings::{dentry, ffi::c_int, mnt_idmap, qstr};

use crate::compat::raw::from_err_ptr;

bindings::signatures! {
    bindings::lookup_one: fn(*mut mnt_idmap, *mut qstr, *mut dentry) -> *mut dentry;
    bindings::lookup_one_unlocked: fn(*mut mnt_idmap, *mut qstr, *mut dentry) -> *mut dentry;
}

pub(crate) struct Answer;

impl super::LookupOne for Answer {
    unsafe fn locked(
        idmap: *mut mnt_idmap,
        name: &qstr,
        base: *mut dentry,
    ) -> Result<*mut dentry, c_int> {
        // A copy, because the call writes the hash of the name into its argument.
        let mut name = *name;
        // SAFETY: The safety requirements of this function ensure that `idmap` and `base` are
        // valid, that `base` is locked, and that the bytes of the name are readable.
        from_err_ptr(unsafe { bindings::lookup_one(idmap, &mut name, base) })
    }

    unsafe fn unlocked(
        idmap: *mut mnt_idmap,
        name: &qstr,
        base: *mut dentry,
    ) -> Result<*mut dentry, c_int> {
        // A copy, because the call writes the hash of the name into its argument.
        let mut name = *name;
        // SAFETY: The safety requirements of this function ensure that `idmap` and `base` are
        // valid, that `base` is not locked, and that the bytes of the name are readable.
        from_err_ptr(unsafe { bindings::lookup_one_unlocked(idmap, &mut name, base) })
    }
}
