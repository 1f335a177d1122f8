// SPDX-License-Identifier: GPL-2.0

//! It returns a dentry, and ends the change on failure.

use bindings::{delegated_inode, dentry, ffi::c_int, inode, mnt_idmap, umode_t};

use crate::compat::{
    raw::from_err_ptr,
    shims::{
        delegation::Delegation,
        dirop::{EndDirop, LockOfVfs, StartedChange},
    },
};

bindings::signatures! {
    bindings::vfs_mkdir: fn(
        *mut mnt_idmap,
        *mut inode,
        *mut dentry,
        umode_t,
        *mut delegated_inode,
    ) -> *mut dentry;
}

pub(crate) struct Answer;

// SAFETY: On success this function ends the change, and on failure `vfs_mkdir()` does.
unsafe impl<E, D> super::VfsMkdir<E, D> for Answer
where
    E: EndDirop<Lock = LockOfVfs>,
    D: Delegation<Place = delegated_inode>,
{
    unsafe fn call_and_end(
        change: &StartedChange,
        mode: umode_t,
        delegation: &mut delegated_inode,
        update: impl FnOnce(*mut dentry),
    ) -> c_int {
        let &StartedChange { idmap, dir, child } = change;
        // SAFETY: The safety requirements of this function ensure that the change was started, has
        // not been ended, and that the caller has write access to the mount.
        let made = unsafe { bindings::vfs_mkdir(idmap, dir, child, mode, delegation) };
        match from_err_ptr(made) {
            Ok(made) => {
                update(made);
                // SAFETY: `vfs_mkdir()` has succeeded, so it has not ended the change. It has
                // returned `made` in the place of `child`, with a reference.
                unsafe { E::end(made) };
                0
            }
            Err(errno) => errno,
        }
    }
}
