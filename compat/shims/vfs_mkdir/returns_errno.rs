// SPDX-License-Identifier: GPL-2.0

//! An errno; the lock and the dentry stay the caller's.

use bindings::{dentry, ffi::c_int, inode, mnt_idmap, umode_t};

use crate::compat::shims::dirop::EndDirop;

pub(crate) struct Answer;

// SAFETY: The change is ended once, after the call.
unsafe impl<D: EndDirop> super::VfsMkdir<D> for Answer {
    unsafe fn call_and_end(
        idmap: *mut mnt_idmap,
        dir: *mut inode,
        dentry: *mut dentry,
        mode: umode_t,
        follow: impl FnOnce(*mut dentry),
    ) -> c_int {
        // SAFETY: The caller of this function has started the change and has write access to the mount.
        let errno = unsafe { bindings::vfs_mkdir(idmap, dir, dentry, mode) };
        if errno == 0 {
            follow(dentry);
        }
        // SAFETY: The call ends nothing, so that what the caller started is still to be ended.
        unsafe { D::end(dentry) };
        errno
    }
}
