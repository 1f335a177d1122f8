// SPDX-License-Identifier: GPL-2.0

//! It takes a place for a delegated inode, and no directory.

use core::ptr;

use bindings::{ffi::c_int, umode_t};

use crate::compat::shims::dirop::StartedChange;

pub(crate) struct Answer;

impl super::VfsCreate for Answer {
    #[inline]
    unsafe fn call(change: &StartedChange, mode: umode_t) -> c_int {
        let &StartedChange { idmap, child, .. } = change;
        // SAFETY: The safety requirements of this function ensure that the change is started and
        // that the caller has write access to the mount. Null is allowed: the call then waits for
        // no delegation.
        unsafe { bindings::vfs_create(idmap, child, mode, ptr::null_mut()) }
    }
}
