// SPDX-License-Identifier: GPL-2.0

//! The VFS locks and looks up, in `start_renaming()`.

use bindings::{dentry, ffi::c_int, renamedata};

use super::Renaming;
use crate::compat::shims::lookup_one::LookupOne;

pub(crate) struct Answer;

impl<L: LookupOne> super::VfsRename<L> for Answer {
    unsafe fn call(
        renaming: &Renaming<'_>,
        update: impl FnOnce(*mut dentry, *mut dentry),
    ) -> c_int {
        let mut data = renamedata {
            mnt_idmap: renaming.idmap,
            old_parent: renaming.old_parent,
            new_parent: renaming.new_parent,
            flags: renaming.flags,
            ..Default::default()
        };
        // Copies, because the call writes the hashes of the names into its arguments.
        let (mut old_name, mut new_name) = (*renaming.old_name, *renaming.new_name);
        // SAFETY: The safety requirements of this function ensure that all pointers are valid, and
        // that the caller holds no `i_rwsem` and not the `s_vfs_rename_mutex` of the filesystem.
        let errno = unsafe { bindings::start_renaming(&mut data, 0, &mut old_name, &mut new_name) };
        if errno != 0 {
            return errno;
        }
        // SAFETY: `start_renaming()` has locked both directories and set both dentries. The safety
        // requirements of this function ensure write access to the mount.
        let errno = unsafe { bindings::vfs_rename(&mut data) };
        if errno == 0 {
            update(data.old_dentry, data.new_dentry);
        }
        // SAFETY: `start_renaming()` has succeeded on `data`.
        unsafe { bindings::end_renaming(&mut data) };
        errno
    }
}
