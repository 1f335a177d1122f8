// SPDX-License-Identifier: GPL-2.0

//! The VFS locks and checks, in `start_renaming_two_dentries()`.

use bindings::{ffi::c_int, renamedata};

/// The answer.
pub(crate) struct Answer;

impl super::VfsRename for Answer {
    unsafe fn call(what: &super::Renaming) -> c_int {
        let mut data = renamedata {
            mnt_idmap: what.idmap,
            old_parent: what.old_parent,
            new_parent: what.new_parent,
            flags: what.flags,
            ..Default::default()
        };
        // SAFETY: All are counted, and no lock of their filesystem is held.
        let errno = unsafe { bindings::start_renaming_two_dentries(&mut data, what.old, what.new) };
        if errno != 0 {
            return errno;
        }
        // SAFETY: Locked and checked above.
        let errno = unsafe { bindings::vfs_rename(&mut data) };
        // SAFETY: Started above.
        unsafe { bindings::end_renaming(&mut data) };
        errno
    }
}
