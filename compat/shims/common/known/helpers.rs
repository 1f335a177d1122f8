// SPDX-License-Identifier: GPL-2.0

//! What the C of `compat/bindings/helpers.h` calls, for all of compat.

use bindings::{
    dentry, errseq_t,
    ffi::{c_char, c_int, c_long, c_uint, c_void},
    file, file_lock, fs_context, inode, kgid_t, kuid_t, mnt_idmap, path, super_block, timespec64,
    uid_t, user_namespace, vfsgid_t, vfsmount, vfsuid_t,
};

bindings::signatures! {
    bindings::capable: fn(c_int) -> bool;
    bindings::capable_wrt_inode_uidgid: fn(*mut mnt_idmap, *const inode, c_int) -> bool;
    bindings::d_path: fn(*const path, *mut c_char, c_int) -> *mut c_char;
    bindings::d_prune_aliases: fn(*mut inode);
    bindings::errseq_check_and_advance: fn(*mut errseq_t, *mut errseq_t) -> c_int;
    bindings::errseq_sample: fn(*mut errseq_t) -> errseq_t;
    bindings::fc_mount: fn(*mut fs_context) -> *mut vfsmount;
    bindings::from_kuid: fn(*mut user_namespace, kuid_t) -> uid_t;
    bindings::from_vfsuid: fn(*mut mnt_idmap, *mut user_namespace, vfsuid_t) -> kuid_t;
    bindings::full_name_hash: fn(*const c_void, *const c_char, c_uint) -> c_uint;
    bindings::igrab: fn(*mut inode) -> *mut inode;
    bindings::ktime_get_coarse_real_ts64: fn(*mut timespec64);
    bindings::make_kuid: fn(*mut user_namespace, uid_t) -> kuid_t;
    bindings::make_vfsgid: fn(*mut mnt_idmap, *mut user_namespace, kgid_t) -> vfsgid_t;
    bindings::make_vfsuid: fn(*mut mnt_idmap, *mut user_namespace, kuid_t) -> vfsuid_t;
    bindings::path_get: fn(*const path);
    bindings::path_put: fn(*const path);
    bindings::schedule_timeout_interruptible: fn(c_long) -> c_long;
    bindings::schedule_timeout_killable: fn(c_long) -> c_long;
    bindings::shrink_dcache_parent: fn(*mut dentry);
    bindings::sync_filesystem: fn(*mut super_block) -> c_int;
    bindings::vfs_lock_file: fn(*mut file, c_uint, *mut file_lock, *mut file_lock) -> c_int;
}
