// SPDX-License-Identifier: GPL-2.0

//! A dentry, or an error after dropping the given one; the lock stays.

use bindings::{dentry, ffi::c_int, inode, mnt_idmap, umode_t};

use crate::compat::{raw::from_err_ptr, shims::dirop::EndDirop};

pub(crate) struct Answer;

// SAFETY: On success the change is ended with the dentry that came back. On failure the call has
// dropped the count of the start; the count that is taken here for it is ended in its place.
unsafe impl<D: EndDirop> super::VfsMkdir<D> for Answer {
    unsafe fn call_and_end(
        idmap: *mut mnt_idmap,
        dir: *mut inode,
        dentry: *mut dentry,
        mode: umode_t,
        follow: impl FnOnce(*mut dentry),
    ) -> c_int {
        // SAFETY: The start has counted the dentry.
        unsafe { bindings::dget(dentry) };
        // SAFETY: The caller of this function has started the change and has write access to the mount.
        match from_err_ptr(unsafe { bindings::vfs_mkdir(idmap, dir, dentry, mode) }) {
            Ok(made) => {
                follow(made);
                // SAFETY: `made` stands in the place of `dentry`, and carries the count of the start.
                unsafe { D::end(made) };
                // SAFETY: The count taken above, which success has not used up.
                unsafe { bindings::dput(dentry) };
                0
            }
            Err(errno) => {
                // SAFETY: The directory is still locked, and the count taken above is left.
                unsafe { D::end(dentry) };
                errno
            }
        }
    }
}
