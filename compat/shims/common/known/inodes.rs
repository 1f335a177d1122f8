// SPDX-License-Identifier: GPL-2.0

//! Inodes of both layers, for `compat/inode.rs` and `compat/upper/inode.rs`.

use bindings::{
    address_space, atomic64_t, dev_t,
    ffi::{c_int, c_uint, c_ulong, c_void},
    inode, inode_operations, kgid_t, kuid_t, loff_t, mnt_idmap, super_block, umode_t,
};

bindings::signatures! {
    bindings::clear_inode: fn(*mut inode);
    bindings::generic_permission: fn(*mut mnt_idmap, *mut inode, c_int) -> c_int;
    bindings::ihold: fn(*mut inode);
    bindings::init_special_inode: fn(*mut inode, umode_t, dev_t);
    bindings::inode_is_locked: fn(*mut inode) -> c_int;
    bindings::inode_lock: fn(*mut inode);
    bindings::inode_lock_shared: fn(*mut inode);
    bindings::inode_owner_or_capable: fn(*mut mnt_idmap, *const inode) -> bool;
    bindings::inode_permission: fn(*mut mnt_idmap, *mut inode, c_int) -> c_int;
    bindings::inode_trylock: fn(*mut inode) -> c_int;
    bindings::inode_trylock_shared: fn(*mut inode) -> c_int;
    bindings::inode_unlock: fn(*mut inode);
    bindings::inode_unlock_shared: fn(*mut inode);
    bindings::iput: fn(*mut inode);
    bindings::remove_inode_hash: fn(*mut inode);
    bindings::truncate_inode_pages_final: fn(*mut address_space);
    bindings::unlock_new_inode: fn(*mut inode);
}

bindings::members! {
    bindings::address_space { writeback_index: c_ulong }
    bindings::inode {
        i_blkbits: u8,
        i_data: address_space,
        i_flags: c_uint,
        i_gid: kgid_t,
        i_mapping: *mut address_space,
        i_mode: umode_t,
        i_op: *const inode_operations,
        i_private: *mut c_void,
        i_rdev: dev_t,
        i_sb: *mut super_block,
        i_size: loff_t,
        i_uid: kuid_t,
        i_version: atomic64_t,
    }
}
