// SPDX-License-Identifier: GPL-2.0

//! The last argument is a place for a delegated inode.

use core::ptr;

use bindings::{ffi::c_char, ffi::c_int};

use crate::compat::shims::dirop::StartedChange;

pub(crate) struct Answer;

impl super::VfsSymlink for Answer {
    #[inline]
    unsafe fn call(change: &StartedChange, target: *const c_char) -> c_int {
        let &StartedChange { idmap, dir, child } = change;
        // SAFETY: The safety requirements of this function ensure that the change is started and
        // that the caller has write access to the mount. `target` is a string that ends with a NUL
        // byte. Null is allowed: the call then waits for no delegation.
        unsafe { bindings::vfs_symlink(idmap, dir, child, target, ptr::null_mut()) }
    }
}
