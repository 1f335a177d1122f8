// SPDX-License-Identifier: GPL-2.0

//! The option `submounts`, for `compat/submount.rs`.

use bindings::{
    dentry,
    ffi::{c_int, c_uint},
    file_system_type, fs_context, list_head, path, super_block, vfsmount,
};

bindings::signatures! {
    bindings::deactivate_super: fn(*mut super_block);
    bindings::follow_down: fn(*mut path, c_uint) -> c_int;
    bindings::follow_down_one: fn(*mut path) -> c_int;
    bindings::follow_up: fn(*mut path) -> c_int;
    bindings::fs_context_for_submount: fn(*mut file_system_type, *mut dentry) -> *mut fs_context;
    bindings::mark_mounts_for_expiry: fn(*mut list_head);
    bindings::may_umount_tree: fn(*mut vfsmount) -> c_int;
    bindings::mnt_set_expiry: fn(*mut vfsmount, *mut list_head);
    bindings::path_is_mountpoint: fn(*const path) -> bool;
    bindings::put_fs_context: fn(*mut fs_context);
}
