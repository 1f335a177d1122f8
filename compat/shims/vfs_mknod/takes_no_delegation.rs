// SPDX-License-Identifier: GPL-2.0

//! It has no argument for delegations.

use bindings::{dentry, dev_t, ffi::c_int, inode, mnt_idmap, umode_t};

use crate::compat::shims::{delegation::Delegation, dirop::StartedChange};

bindings::signatures! {
    bindings::vfs_mknod: fn(*mut mnt_idmap, *mut inode, *mut dentry, umode_t, dev_t) -> c_int;
}

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
