// SPDX-License-Identifier: GPL-2.0

//! The name is a pointer and a length.

use bindings::{dentry, ffi::c_int, mnt_idmap, qstr};

use crate::compat::raw::from_err_ptr;

/// The answer.
pub(crate) struct Answer;

impl super::LookupOne for Answer {
    unsafe fn unlocked(
        idmap: *mut mnt_idmap,
        name: &qstr,
        base: *mut dentry,
    ) -> Result<*mut dentry, c_int> {
        // SAFETY: Every `qstr` holds its length there.
        let length = unsafe { name.__bindgen_anon_1.__bindgen_anon_1.len };
        // SAFETY: By the contract of this function; the name is `length` bytes long.
        from_err_ptr(unsafe {
            bindings::lookup_one_unlocked(idmap, name.name.cast(), base, length as c_int)
        })
    }
}
