// SPDX-License-Identifier: GPL-2.0

//! It returns a dentry; on failure it drops the given one and leaves the lock.

use bindings::{dentry, ffi::c_int, inode, mnt_idmap, umode_t};

use crate::compat::{
    raw::from_err_ptr,
    shims::{
        delegation::Delegation,
        dirop::{EndDirop, LockOfCaller, StartedChange},
    },
};

bindings::signatures! {
    bindings::vfs_mkdir: fn(*mut mnt_idmap, *mut inode, *mut dentry, umode_t) -> *mut dentry;
}

pub(crate) struct Answer;

// SAFETY: On success this function ends the change with the dentry that `vfs_mkdir()` has returned.
// On failure `vfs_mkdir()` has dropped the reference that the start has taken, and this function
// ends the change with a second reference, which it has taken before.
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
        // SAFETY: The start has taken a reference to `child`.
        unsafe { bindings::dget(child) };
        // SAFETY: The safety requirements of this function ensure that the change was started, has
        // not been ended, and that the caller has write access to the mount.
        match from_err_ptr(unsafe { bindings::vfs_mkdir(idmap, dir, child, mode) }) {
            Ok(made) => {
                update(made);
                // SAFETY: The change has not been ended. `vfs_mkdir()` has returned `made` in the
                // place of `child`, with a reference.
                unsafe { E::end(made) };
                // SAFETY: `dget()` above has taken this reference.
                unsafe { bindings::dput(child) };
                0
            }
            Err(errno) => {
                // SAFETY: The change has not been ended: the directory is still locked. This gives
                // up the reference that `dget()` above has taken, instead of that of the start,
                // which `vfs_mkdir()` has dropped.
                unsafe { E::end(child) };
                errno
            }
        }
    }
}
