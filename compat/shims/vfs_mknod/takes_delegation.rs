// SPDX-License-Identifier: GPL-2.0

//! The last argument is a place for a delegated inode.

use core::ptr;

use bindings::{dev_t, ffi::c_int, umode_t};

use crate::compat::shims::dirop::StartedChange;

pub(crate) struct Answer;

impl super::VfsMknod for Answer {
    #[inline]
    unsafe fn call(change: &StartedChange, mode: umode_t, device: dev_t) -> c_int {
        let &StartedChange { idmap, dir, child } = change;
        // SAFETY: The safety requirements of this function ensure that the change is started and
        // that the caller has write access to the mount. Null is allowed: the call then waits for
        // no delegation.
        unsafe { bindings::vfs_mknod(idmap, dir, child, mode, device, ptr::null_mut()) }
    }
}
