// SPDX-License-Identifier: GPL-2.0

//! It takes a place for a delegated inode, and no directory.

use bindings::{delegated_inode, dentry, ffi::c_int, mnt_idmap, umode_t};

use crate::compat::shims::{delegation::Delegation, dirop::StartedChange};

bindings::signatures! {
    bindings::vfs_create: fn(*mut mnt_idmap, *mut dentry, umode_t, *mut delegated_inode) -> c_int;
}

pub(crate) struct Answer;

impl<D> super::VfsCreate<D> for Answer
where
    D: Delegation<Place = delegated_inode>,
{
    #[inline]
    unsafe fn call(
        change: &StartedChange,
        mode: umode_t,
        delegation: &mut delegated_inode,
    ) -> c_int {
        let &StartedChange { idmap, child, .. } = change;
        // SAFETY: The safety requirements of this function ensure that the change is started and
        // that the caller has write access to the mount.
        unsafe { bindings::vfs_create(idmap, child, mode, delegation) }
    }
}
