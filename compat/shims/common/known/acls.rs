// SPDX-License-Identifier: GPL-2.0

//! POSIX ACLs, for `compat/acl.rs`.

use bindings::{
    dentry,
    ffi::{c_char, c_int},
    mnt_idmap, posix_acl,
};

bindings::signatures! {
    bindings::posix_acl_release: fn(*mut posix_acl);
    bindings::vfs_get_acl: fn(*mut mnt_idmap, *mut dentry, *const c_char) -> *mut posix_acl;
    bindings::vfs_remove_acl: fn(*mut mnt_idmap, *mut dentry, *const c_char) -> c_int;
    bindings::vfs_set_acl: fn(*mut mnt_idmap, *mut dentry, *const c_char, *mut posix_acl) -> c_int;
}
