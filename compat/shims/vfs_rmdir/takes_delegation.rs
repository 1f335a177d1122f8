// SPDX-License-Identifier: GPL-2.0

//! The last argument is a place for a delegated inode.

use bindings::{delegated_inode, dentry, ffi::c_int, inode, mnt_idmap};

use crate::compat::shims::{delegation::Delegation, dirop::StartedChange};

bindings::signatures! {
    bindings::vfs_rmdir: fn(*mut mnt_idmap, *mut inode, *mut dentry, *mut delegated_inode) -> c_int;
}

pub(crate) struct Answer;

impl<D> super::VfsRmdir<D> for Answer
where
    D: Delegation<Place = delegated_inode>,
{
    #[inline]
    unsafe fn call(change: &StartedChange, delegation: &mut delegated_inode) -> c_int {
        let &StartedChange { idmap, dir, child } = change;
        // SAFETY: The safety requirements of this function ensure that the change is started and
        // that the caller has write access to the mount.
        unsafe { bindings::vfs_rmdir(idmap, dir, child, delegation) }
    }
}
