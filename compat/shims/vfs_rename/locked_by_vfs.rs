// SPDX-License-Identifier: GPL-2.0

//! The VFS locks and looks up, in `start_renaming()`.

use bindings::{dentry, ffi::c_int, renamedata};

use crate::compat::shims::lookup_one::LookupOne;

pub(crate) struct Answer;

impl<L: LookupOne> super::VfsRename<L> for Answer {
    unsafe fn call(
        what: &super::Renaming<'_>,
        follow: impl FnOnce(*mut dentry, *mut dentry),
    ) -> c_int {
        let mut data = renamedata {
            mnt_idmap: what.idmap,
            old_parent: what.old_parent,
            new_parent: what.new_parent,
            flags: what.flags,
            ..Default::default()
        };
        // The call writes the hashes that the filesystem wants into the names.
        let (mut old_name, mut new_name) = (*what.old_name, *what.new_name);
        // SAFETY: The caller of this function keeps the pointers valid and holds no lock of the
        // filesystem.
        let errno = unsafe { bindings::start_renaming(&mut data, 0, &mut old_name, &mut new_name) };
        if errno != 0 {
            return errno;
        }
        // SAFETY: `start_renaming()` has locked both directories and filled in both dentries.
        let errno = unsafe { bindings::vfs_rename(&mut data) };
        if errno == 0 {
            follow(data.old_dentry, data.new_dentry);
        }
        // SAFETY: Started above.
        unsafe { bindings::end_renaming(&mut data) };
        errno
    }
}
