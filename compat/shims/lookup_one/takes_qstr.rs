// SPDX-License-Identifier: GPL-2.0

//! The name is a `struct qstr`.

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
        // The call writes the hash that `base`'s filesystem wants into its argument.
        let mut own = *name;
        // SAFETY: By the contract of this function.
        from_err_ptr(unsafe { bindings::lookup_one_unlocked(idmap, &mut own, base) })
    }
}
