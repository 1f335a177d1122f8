// SPDX-License-Identifier: GPL-2.0

//! They receive it as a pointer and a length.

use bindings::{
    dentry,
    ffi::{c_char, c_int},
    mnt_idmap, qstr,
};

use crate::compat::raw::from_err_ptr;

bindings::signatures! {
    bindings::lookup_one: fn(*mut mnt_idmap, *const c_char, *mut dentry, c_int) -> *mut dentry;
    bindings::lookup_one_unlocked: fn(
        *mut mnt_idmap,
        *const c_char,
        *mut dentry,
        c_int,
    ) -> *mut dentry;
}

pub(crate) struct Answer;

/// The length of `name` in bytes.
fn length(name: &qstr) -> c_int {
    // SAFETY: Every `qstr` has its length in this member of the union, beside the hash.
    unsafe { name.__bindgen_anon_1.__bindgen_anon_1.len as c_int }
}

impl super::LookupOne for Answer {
    unsafe fn locked(
        idmap: *mut mnt_idmap,
        name: &qstr,
        base: *mut dentry,
    ) -> Result<*mut dentry, c_int> {
        // SAFETY: The safety requirements of this function ensure that `idmap` and `base` are
        // valid, that `base` is locked, and that the bytes of the name are readable.
        from_err_ptr(unsafe { bindings::lookup_one(idmap, name.name.cast(), base, length(name)) })
    }

    unsafe fn unlocked(
        idmap: *mut mnt_idmap,
        name: &qstr,
        base: *mut dentry,
    ) -> Result<*mut dentry, c_int> {
        // SAFETY: The safety requirements of this function ensure that `idmap` and `base` are
        // valid, that `base` is not locked, and that the bytes of the name are readable.
        from_err_ptr(unsafe {
            bindings::lookup_one_unlocked(idmap, name.name.cast(), base, length(name))
        })
    }
}
