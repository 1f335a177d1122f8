// SPDX-License-Identifier: GPL-2.0

//! Extended attributes, for `compat/xattr.rs`.

use bindings::{
    dentry,
    ffi::{c_char, c_void},
    inode, mnt_idmap,
};

bindings::signatures! {
    bindings::__vfs_getxattr: fn(
        *mut dentry,
        *mut inode,
        *const c_char,
        *mut c_void,
        usize,
    ) -> isize;
    bindings::vfs_getxattr: fn(
        *mut mnt_idmap,
        *mut dentry,
        *const c_char,
        *mut c_void,
        usize,
    ) -> isize;
    bindings::vfs_listxattr: fn(*mut dentry, *mut c_char, usize) -> isize;
}
