// SPDX-License-Identifier: GPL-2.0

//! It returns an errno. The lock and the dentry stay the caller's.

use bindings::{dentry, ffi::c_int, inode, mnt_idmap, umode_t};

use crate::compat::shims::{
    delegation::Delegation,
    dirop::{EndDirop, LockOfCaller, StartedChange},
};

bindings::signatures! {
    bindings::vfs_mkdir: fn(*mut mnt_idmap, *mut inode, *mut dentry, umode_t) -> c_int;
}

pub(crate) struct Answer;

// SAFETY: This function ends the change once, after `vfs_mkdir()`, which does not end it.
unsafe impl<E, D: Delegation> super::VfsMkdir<E, D> for Answer
where
    E: EndDirop<Lock = LockOfCaller>,
{
    unsafe fn call_and_end(
        change: &StartedChange,
        mode: umode_t,
        _delegation: &mut D::Place,
        update: impl FnOnce(*mut dentry),
    ) -> c_int {
        let &StartedChange { idmap, dir, child } = change;
        // SAFETY: The safety requirements of this function ensure that the change was started, has
        // not been ended, and that the caller has write access to the mount.
        let errno = unsafe { bindings::vfs_mkdir(idmap, dir, child, mode) };
        if errno == 0 {
            update(child);
        }
        // SAFETY: The change was started, and `vfs_mkdir()` has not ended it. This gives up the
        // reference of the start.
        unsafe { E::end(child) };
        errno
    }
}
