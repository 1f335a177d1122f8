// SPDX-License-Identifier: GPL-2.0

//! It returns a dentry. On failure it has ended the change.

use core::ptr;

use bindings::{dentry, ffi::c_int, umode_t};

use crate::compat::{
    raw::from_err_ptr,
    shims::dirop::{EndDirop, StartedChange},
};

pub(crate) struct Answer;

// SAFETY: On success this function ends the change, and on failure `vfs_mkdir()` does.
unsafe impl<D: EndDirop> super::VfsMkdir<D> for Answer {
    unsafe fn call_and_end(
        change: &StartedChange,
        mode: umode_t,
        update: impl FnOnce(*mut dentry),
    ) -> c_int {
        let &StartedChange { idmap, dir, child } = change;
        // SAFETY: The safety requirements of this function ensure that the change is started and
        // that the caller has write access to the mount. Null is allowed: the call then waits for
        // no delegation.
        let made = unsafe { bindings::vfs_mkdir(idmap, dir, child, mode, ptr::null_mut()) };
        match from_err_ptr(made) {
            Ok(made) => {
                update(made);
                // SAFETY: The change is started, and `vfs_mkdir()` has returned `made` in the place
                // of `child`.
                unsafe { D::end(made) };
                0
            }
            Err(errno) => errno,
        }
    }
}
