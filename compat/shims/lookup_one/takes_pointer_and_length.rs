// SPDX-License-Identifier: GPL-2.0

//! The name is a pointer and a length.

use bindings::{dentry, ffi::c_int, mnt_idmap, qstr};

use crate::compat::raw::from_err_ptr;

pub(crate) struct Answer;

/// The length of `name` in bytes, as the functions want it.
fn length(name: &qstr) -> c_int {
    // SAFETY: Every `qstr` holds its length in this member of the union.
    unsafe { name.__bindgen_anon_1.__bindgen_anon_1.len as c_int }
}

impl super::LookupOne for Answer {
    unsafe fn locked(
        idmap: *mut mnt_idmap,
        name: &qstr,
        base: *mut dentry,
    ) -> Result<*mut dentry, c_int> {
        // SAFETY: The caller of this function keeps the pointers valid and has locked `base`; a `qstr`
        // points to as many bytes as it says.
        from_err_ptr(unsafe { bindings::lookup_one(idmap, name.name.cast(), base, length(name)) })
    }

    unsafe fn unlocked(
        idmap: *mut mnt_idmap,
        name: &qstr,
        base: *mut dentry,
    ) -> Result<*mut dentry, c_int> {
        // SAFETY: As for `locked`, but the caller has not locked `base`.
        from_err_ptr(unsafe {
            bindings::lookup_one_unlocked(idmap, name.name.cast(), base, length(name))
        })
    }
}
