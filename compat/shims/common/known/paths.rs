// SPDX-License-Identifier: GPL-2.0

//! Paths and symbolic links, for `compat/path.rs` and `compat/link.rs`.

use bindings::{
    delayed_call, dentry,
    ffi::{c_char, c_int, c_uint},
    kstat, kstatfs, path, vfsmount,
};

bindings::signatures! {
    bindings::kern_path: fn(*const c_char, c_uint, *mut path) -> c_int;
    bindings::touch_atime: fn(*const path);
    bindings::vfs_get_link: fn(*mut dentry, *mut delayed_call) -> *const c_char;
    bindings::vfs_getattr: fn(*const path, *mut kstat, u32, c_uint) -> c_int;
    bindings::vfs_statfs: fn(*const path, *mut kstatfs) -> c_int;
}

bindings::members! {
    bindings::path { dentry: *mut dentry, mnt: *mut vfsmount }
}
