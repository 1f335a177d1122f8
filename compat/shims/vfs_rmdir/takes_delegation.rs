// SPDX-License-Identifier: GPL-2.0

//! The last argument is a place for a delegated inode.

use core::ptr;

use bindings::ffi::c_int;

use crate::compat::shims::dirop::StartedChange;

pub(crate) struct Answer;

impl super::VfsRmdir for Answer {
    #[inline]
    unsafe fn call(change: &StartedChange) -> c_int {
        let &StartedChange { idmap, dir, child } = change;
        // SAFETY: The safety requirements of this function ensure that the change is started and
        // that the caller has write access to the mount. Null is allowed: the call then waits for
        // no delegation.
        unsafe { bindings::vfs_rmdir(idmap, dir, child, ptr::null_mut()) }
    }
}
