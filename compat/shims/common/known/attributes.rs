// SPDX-License-Identifier: GPL-2.0

//! Changes of attributes, for `compat/attribute.rs` and `compat/upper/attributes.rs`.

use bindings::{
    dev_t,
    ffi::{c_int, c_uint},
    file, inode, kgid_t, kuid_t, loff_t, mnt_idmap, umode_t,
};

bindings::signatures! {
    bindings::get_write_access: fn(*mut inode) -> c_int;
    bindings::i_size_write: fn(*mut inode, loff_t);
    bindings::inode_set_flags: fn(*mut inode, c_uint, c_uint);
    bindings::put_write_access: fn(*mut inode);
    bindings::set_nlink: fn(*mut inode, c_uint);
    bindings::setattr_should_drop_sgid: fn(*mut mnt_idmap, *const inode) -> c_int;
    bindings::setattr_should_drop_suidgid: fn(*mut mnt_idmap, *mut inode) -> c_int;
}

bindings::members! {
    bindings::iattr { ia_valid: c_uint, ia_file: *mut file }
    bindings::kstat { mode: umode_t, uid: kuid_t, gid: kgid_t, dev: dev_t, ino: u64, blksize: u32 }
}
