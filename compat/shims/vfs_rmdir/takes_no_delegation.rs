// SPDX-License-Identifier: GPL-2.0

//! It has no argument for delegations.

use bindings::ffi::c_int;

use crate::compat::shims::dirop::StartedChange;

pub(crate) struct Answer;

impl super::VfsRmdir for Answer {
    #[inline]
    unsafe fn call(change: &StartedChange) -> c_int {
        let &StartedChange { idmap, dir, child } = change;
        // SAFETY: The safety requirements of this function ensure that the change is started and
        // that the caller has write access to the mount.
        unsafe { bindings::vfs_rmdir(idmap, dir, child) }
    }
}
