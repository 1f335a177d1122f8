// SPDX-License-Identifier: GPL-2.0

//! The caller locks; the parents are inodes.

use bindings::{ffi::c_int, ffi::c_uint, renamedata, EEXIST, EINVAL, ENOTEMPTY};

use crate::compat::raw::from_err_ptr;

/// The answer.
pub(crate) struct Answer;

impl super::VfsRename for Answer {
    unsafe fn call(what: &super::Renaming) -> c_int {
        // SAFETY: Both are counted directories of one filesystem, of which no lock is held.
        let trap = match from_err_ptr(unsafe {
            bindings::lock_rename(what.old_parent, what.new_parent)
        }) {
            Ok(trap) => trap,
            Err(errno) => return errno,
        };
        // SAFETY: All are counted; under the locks no parent changes.
        let in_place = unsafe {
            (*what.old).d_parent == what.old_parent
                && (*what.new).d_parent == what.new_parent
                && bindings::d_unhashed(what.old) == 0
                && bindings::d_unhashed(what.new) == 0
                && !bindings::d_is_negative(what.old)
        };
        // SAFETY: `new` is counted.
        let is_taken = !unsafe { bindings::d_is_negative(what.new) };
        let errno = if !in_place || what.old == trap {
            -EINVAL
        } else if what.new == trap {
            if what.flags & bindings::RENAME_EXCHANGE as c_uint != 0 {
                -EINVAL
            } else {
                -ENOTEMPTY
            }
        // Not every filesystem looks at this flag by itself.
        } else if is_taken && what.flags & bindings::RENAME_NOREPLACE as c_uint != 0 {
            -EEXIST
        } else {
            // SAFETY: Both parents are positive and stay so while they are locked.
            let (old_dir, new_dir) =
                unsafe { ((*what.old_parent).d_inode, (*what.new_parent).d_inode) };
            let mut data = renamedata {
                old_mnt_idmap: what.idmap,
                old_dir,
                old_dentry: what.old,
                new_mnt_idmap: what.idmap,
                new_dir,
                new_dentry: what.new,
                flags: what.flags,
                ..Default::default()
            };
            // SAFETY: Locked and checked above.
            unsafe { bindings::vfs_rename(&mut data) }
        };
        // SAFETY: Locked above.
        unsafe { bindings::unlock_rename(what.old_parent, what.new_parent) };
        errno
    }
}
