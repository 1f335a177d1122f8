// SPDX-License-Identifier: GPL-2.0

//! Mounts, idmaps and freeze protection, for `compat/mount.rs` and `compat/idmap.rs`.

use bindings::{
    dentry, ffi::c_int, inode, kgid_t, kuid_t, mnt_idmap, super_block, vfsgid_t, vfsmount, vfsuid_t,
};

bindings::signatures! {
    bindings::i_gid_into_vfsgid: fn(*mut mnt_idmap, *const inode) -> vfsgid_t;
    bindings::i_uid_into_vfsuid: fn(*mut mnt_idmap, *const inode) -> vfsuid_t;
    bindings::mnt_get_write_access: fn(*mut vfsmount) -> c_int;
    bindings::mnt_idmap: fn(*const vfsmount) -> *mut mnt_idmap;
    bindings::mnt_idmap_get: fn(*mut mnt_idmap) -> *mut mnt_idmap;
    bindings::mnt_idmap_put: fn(*mut mnt_idmap);
    bindings::mnt_put_write_access: fn(*mut vfsmount);
    bindings::mntget: fn(*mut vfsmount) -> *mut vfsmount;
    bindings::mntput: fn(*mut vfsmount);
    bindings::sb_end_write: fn(*mut super_block);
    bindings::sb_start_write: fn(*mut super_block);
    bindings::sb_start_write_trylock: fn(*mut super_block) -> bool;
    bindings::vfsgid_into_kgid: fn(vfsgid_t) -> kgid_t;
    bindings::vfsuid_into_kuid: fn(vfsuid_t) -> kuid_t;
}

bindings::members! {
    bindings::vfsmount { mnt_flags: c_int, mnt_root: *mut dentry, mnt_sb: *mut super_block }
}
