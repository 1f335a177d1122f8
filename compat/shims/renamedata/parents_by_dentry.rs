// SPDX-License-Identifier: GPL-2.0

//! As dentries, with one idmap.

use core::ptr::null_mut;

use bindings::{dentry, renamedata};

use crate::compat::shims::vfs_rename::Renaming;

pub(crate) struct Answer;

impl super::RenameData for Answer {
    type Parents = super::ByDentry;

    unsafe fn data(renaming: &Renaming<'_>, old: *mut dentry, new: *mut dentry) -> renamedata {
        renamedata {
            mnt_idmap: renaming.idmap,
            old_parent: renaming.old_parent,
            old_dentry: old,
            new_parent: renaming.new_parent,
            new_dentry: new,
            flags: renaming.flags,
            // `Delegation::report_in` sets it.
            delegated_inode: null_mut(),
        }
    }
}
