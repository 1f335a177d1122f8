// SPDX-License-Identifier: GPL-2.0

//! An errno; the lock and the dentry stay the caller's.

use bindings::{dentry, ffi::c_int, inode, mnt_idmap, umode_t};

use crate::compat::shims::dirop::Dirop;

/// The answer.
pub(crate) struct Answer;

// SAFETY: The change is ended once, after the call.
unsafe impl<D: Dirop> super::VfsMkdir<D> for Answer {
    unsafe fn call_and_end(
        idmap: *mut mnt_idmap,
        dir: *mut inode,
        dentry: *mut dentry,
        mode: umode_t,
    ) -> c_int {
        // SAFETY: By the contract of this function.
        let errno = unsafe { bindings::vfs_mkdir(idmap, dir, dentry, mode) };
        // SAFETY: Started by the caller and not ended yet.
        unsafe { D::end(dentry) };
        errno
    }
}
