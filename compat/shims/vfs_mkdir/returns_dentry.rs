// SPDX-License-Identifier: GPL-2.0

//! A dentry, or an error after dropping the given one; the lock stays.

use bindings::{dentry, ffi::c_int, inode, mnt_idmap, umode_t};

use crate::compat::{raw::from_err_ptr, shims::dirop::Dirop};

/// The answer.
pub(crate) struct Answer;

// SAFETY: On success the change is ended with the dentry that came back. On failure one count is
// gone already, so that it is ended with the caller's own count in its place.
unsafe impl<D: Dirop> super::VfsMkdir<D> for Answer {
    unsafe fn call_and_end(
        idmap: *mut mnt_idmap,
        dir: *mut inode,
        dentry: *mut dentry,
        mode: umode_t,
    ) -> c_int {
        // SAFETY: The caller has a count of its own.
        unsafe { bindings::dget(dentry) };
        // SAFETY: By the contract of this function. On failure the call drops the start's count.
        let (made, errno) =
            match from_err_ptr(unsafe { bindings::vfs_mkdir(idmap, dir, dentry, mode) }) {
                Ok(made) => (made, 0),
                Err(errno) => (dentry, errno),
            };
        // SAFETY: Started by the caller and not ended yet; `made` has the same parent.
        unsafe { D::end(made) };
        if errno == 0 {
            // SAFETY: The count taken above, which no failure has used up.
            unsafe { bindings::dput(dentry) };
        }
        errno
    }
}
