// SPDX-License-Identifier: GPL-2.0

//! As inodes, with two idmaps.

use core::ptr::null_mut;

use bindings::{dentry, renamedata};

use crate::compat::shims::vfs_rename::Renaming;

pub(crate) struct Answer;

impl super::RenameData for Answer {
    type Parents = super::ByInode;

    unsafe fn data(renaming: &Renaming<'_>, old: *mut dentry, new: *mut dentry) -> renamedata {
        // SAFETY: The safety requirements of this function ensure that both parents are referenced
        // and positive, so they keep their inodes.
        let (old_dir, new_dir) = unsafe {
            (
                (*renaming.old_parent).d_inode,
                (*renaming.new_parent).d_inode,
            )
        };
        renamedata {
            old_mnt_idmap: renaming.idmap,
            old_dir,
            old_dentry: old,
            new_mnt_idmap: renaming.idmap,
            new_dir,
            new_dentry: new,
            flags: renaming.flags,
            // `Delegation::report_in` sets it.
            delegated_inode: null_mut(),
        }
    }
}
