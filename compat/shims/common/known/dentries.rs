// SPDX-License-Identifier: GPL-2.0

//! Dentries of both layers, for `compat/dentry.rs` and `compat/upper/dentry.rs`.

use bindings::{
    dentry, dentry_operations,
    ffi::{c_int, c_uchar, c_uint, c_ulong, c_void},
    file, inode, name_snapshot, qstr, super_block,
};

bindings::signatures! {
    bindings::d_alloc: fn(*mut dentry, *const qstr) -> *mut dentry;
    bindings::d_alloc_anon: fn(*mut super_block) -> *mut dentry;
    bindings::d_drop: fn(*mut dentry);
    bindings::d_find_any_alias: fn(*mut inode) -> *mut dentry;
    bindings::d_instantiate: fn(*mut dentry, *mut inode);
    bindings::d_invalidate: fn(*mut dentry);
    bindings::d_is_negative: fn(*const dentry) -> bool;
    bindings::d_make_root: fn(*mut inode) -> *mut dentry;
    bindings::d_mark_tmpfile: fn(*mut file, *mut inode);
    bindings::d_move: fn(*mut dentry, *mut dentry);
    bindings::d_splice_alias: fn(*mut inode, *mut dentry) -> *mut dentry;
    bindings::d_unhashed: fn(*const dentry) -> c_int;
    bindings::dget: fn(*mut dentry) -> *mut dentry;
    bindings::dget_parent: fn(*mut dentry) -> *mut dentry;
    bindings::dput: fn(*mut dentry);
    bindings::is_subdir: fn(*mut dentry, *mut dentry) -> bool;
    bindings::release_dentry_name_snapshot: fn(*mut name_snapshot);
    bindings::take_dentry_name_snapshot: fn(*mut name_snapshot, *mut dentry);
}

bindings::members! {
    bindings::dentry {
        d_flags: c_uint,
        d_fsdata: *mut c_void,
        d_inode: *mut inode,
        d_op: *const dentry_operations,
        d_parent: *mut dentry,
        d_sb: *mut super_block,
        d_time: c_ulong,
    }
    bindings::name_snapshot { name: qstr }
    bindings::qstr { name: *const c_uchar }
}
