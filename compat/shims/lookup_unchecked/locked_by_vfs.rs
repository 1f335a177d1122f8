// SPDX-License-Identifier: GPL-2.0

//! `lookup_noperm_unlocked()`, which locks the directory shared if it has to.

use bindings::{dentry, ffi::c_int, qstr};

use crate::compat::raw::from_err_ptr;

bindings::signatures! {
    bindings::lookup_noperm_unlocked: fn(*mut qstr, *mut dentry) -> *mut dentry;
}

pub(crate) struct Answer;

impl super::LookupUnchecked for Answer {
    unsafe fn call(name: &qstr, base: *mut dentry) -> Result<*mut dentry, c_int> {
        // A copy, because the call writes the hash of the name into its argument.
        let mut name = *name;
        // SAFETY: The safety requirements of this function ensure that the bytes of the name are
        // readable, and that `base` is referenced and not locked by the caller.
        from_err_ptr(unsafe { bindings::lookup_noperm_unlocked(&mut name, base) })
    }
}
