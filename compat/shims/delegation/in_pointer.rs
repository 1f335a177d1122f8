// SPDX-License-Identifier: GPL-2.0

//! In a pointer to the inode.

use core::ptr;

use bindings::{
    dentry,
    ffi::{c_char, c_int, c_void},
    iattr, inode, mnt_idmap, renamedata,
};

bindings::signatures! {
    bindings::__vfs_removexattr_locked: fn(
        *mut mnt_idmap,
        *mut dentry,
        *const c_char,
        *mut *mut inode,
    ) -> c_int;
    bindings::__vfs_setxattr_locked: fn(
        *mut mnt_idmap,
        *mut dentry,
        *const c_char,
        *const c_void,
        usize,
        c_int,
        *mut *mut inode,
    ) -> c_int;
    bindings::break_deleg_wait: fn(*mut *mut inode) -> c_int;
    bindings::notify_change: fn(*mut mnt_idmap, *mut dentry, *mut iattr, *mut *mut inode) -> c_int;
    bindings::vfs_link: fn(
        *mut dentry,
        *mut mnt_idmap,
        *mut inode,
        *mut dentry,
        *mut *mut inode,
    ) -> c_int;
    bindings::vfs_unlink: fn(*mut mnt_idmap, *mut inode, *mut dentry, *mut *mut inode) -> c_int;
}

pub(crate) struct Answer;

impl super::Delegation for Answer {
    type Place = *mut inode;

    fn empty() -> *mut inode {
        ptr::null_mut()
    }

    fn is_set(place: &*mut inode) -> bool {
        !place.is_null()
    }

    fn report_in(place: &mut *mut inode, arguments: &mut renamedata) {
        arguments.delegated_inode = place;
    }

    unsafe fn wait(place: &mut *mut inode) -> c_int {
        // SAFETY: The safety requirements of this function ensure that the place holds an inode
        // with its references, that the caller may sleep, and that it holds no lock of the inode.
        unsafe { bindings::break_deleg_wait(place) }
    }
}
