// SPDX-License-Identifier: GPL-2.0

//! It takes the directory and `bool want_excl`.

use bindings::{dentry, ffi::c_int, inode, mnt_idmap, umode_t};

use crate::compat::shims::{delegation::Delegation, dirop::StartedChange};

bindings::signatures! {
    bindings::vfs_create: fn(*mut mnt_idmap, *mut inode, *mut dentry, umode_t, bool) -> c_int;
}

pub(crate) struct Answer;

impl<D: Delegation> super::VfsCreate<D> for Answer {
    #[inline]
    unsafe fn call(change: &StartedChange, mode: umode_t, _delegation: &mut D::Place) -> c_int {
        let &StartedChange { idmap, dir, child } = change;
        // SAFETY: The safety requirements of this function ensure that the change is started and
        // that the caller has write access to the mount.
        unsafe { bindings::vfs_create(idmap, dir, child, mode, true) }
    }
}
