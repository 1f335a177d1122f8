// SPDX-License-Identifier: GPL-2.0

//! In a structure.

use bindings::{
    delegated_inode, dentry,
    ffi::{c_char, c_int, c_void},
    iattr, inode, mnt_idmap, renamedata,
};

bindings::signatures! {
    bindings::__vfs_removexattr_locked: fn(
        *mut mnt_idmap,
        *mut dentry,
        *const c_char,
        *mut delegated_inode,
    ) -> c_int;
    bindings::__vfs_setxattr_locked: fn(
        *mut mnt_idmap,
        *mut dentry,
        *const c_char,
        *const c_void,
        usize,
        c_int,
        *mut delegated_inode,
    ) -> c_int;
    bindings::break_deleg_wait: fn(*mut delegated_inode) -> c_int;
    bindings::notify_change: fn(
        *mut mnt_idmap,
        *mut dentry,
        *mut iattr,
        *mut delegated_inode,
    ) -> c_int;
    bindings::vfs_link: fn(
        *mut dentry,
        *mut mnt_idmap,
        *mut inode,
        *mut dentry,
        *mut delegated_inode,
    ) -> c_int;
    bindings::vfs_unlink: fn(
        *mut mnt_idmap,
        *mut inode,
        *mut dentry,
        *mut delegated_inode,
    ) -> c_int;
}

pub(crate) struct Answer;

impl super::Delegation for Answer {
    type Place = delegated_inode;

    fn empty() -> delegated_inode {
        delegated_inode {
            di_inode: core::ptr::null_mut(),
        }
    }

    fn is_set(place: &delegated_inode) -> bool {
        !place.di_inode.is_null()
    }

    fn report_in(place: &mut delegated_inode, arguments: &mut renamedata) {
        arguments.delegated_inode = place;
    }

    unsafe fn wait(place: &mut delegated_inode) -> c_int {
        // SAFETY: The safety requirements of this function ensure that the place holds an inode
        // with its references, that the caller may sleep, and that it holds no lock of the inode.
        unsafe { bindings::break_deleg_wait(place) }
    }
}
