// SPDX-License-Identifier: GPL-2.0

//! It has no argument for delegations.

use bindings::{dentry, ffi::c_int, inode, mnt_idmap};

use crate::compat::shims::{delegation::Delegation, dirop::StartedChange};

bindings::signatures! {
    bindings::vfs_rmdir: fn(*mut mnt_idmap, *mut inode, *mut dentry) -> c_int;
}

pub(crate) struct Answer;

impl<D: Delegation> super::VfsRmdir<D> for Answer {
    #[inline]
    unsafe fn call(change: &StartedChange, _delegation: &mut D::Place) -> c_int {
        let &StartedChange { idmap, dir, child } = change;
        // SAFETY: The safety requirements of this function ensure that the change is started and
        // that the caller has write access to the mount.
        unsafe { bindings::vfs_rmdir(idmap, dir, child) }
    }
}
