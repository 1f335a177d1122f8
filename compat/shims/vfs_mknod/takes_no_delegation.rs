// SPDX-License-Identifier: GPL-2.0

//! It has no argument for delegations.

use bindings::{dev_t, ffi::c_int, umode_t};

use crate::compat::shims::{delegation::Delegation, dirop::StartedChange};

pub(crate) struct Answer;

impl<D: Delegation> super::VfsMknod<D> for Answer {
    #[inline]
    unsafe fn call(
        change: &StartedChange,
        mode: umode_t,
        device: dev_t,
        _delegation: &mut D::Place,
    ) -> c_int {
        let &StartedChange { idmap, dir, child } = change;
        // SAFETY: The safety requirements of this function ensure that the change is started and
        // that the caller has write access to the mount.
        unsafe { bindings::vfs_mknod(idmap, dir, child, mode, device) }
    }
}
