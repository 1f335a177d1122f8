// SPDX-License-Identifier: GPL-2.0

//! Record locks and flock(2), for `compat/lock.rs`.

use bindings::{
    address_space,
    ffi::{c_int, c_uchar, c_uint},
    file, file_lock, file_lock_core, fl_owner_t, inode, lock_manager_operations, loff_t, pid_t,
};

bindings::signatures! {
    bindings::filemap_invalidate_lock: fn(*mut address_space);
    bindings::filemap_invalidate_unlock: fn(*mut address_space);
    bindings::locks_alloc_lock: fn() -> *mut file_lock;
    bindings::locks_copy_conflock: fn(*mut file_lock, *mut file_lock);
    bindings::locks_free_lock: fn(*mut file_lock);
    bindings::locks_lock_inode_wait: fn(*mut inode, *mut file_lock) -> c_int;
    bindings::locks_remove_posix: fn(*mut file, fl_owner_t);
    bindings::posix_lock_file: fn(*mut file, *mut file_lock, *mut file_lock) -> c_int;
    bindings::vfs_cancel_lock: fn(*mut file, *mut file_lock) -> c_int;
    bindings::vfs_test_lock: fn(*mut file, *mut file_lock) -> c_int;
}

bindings::members! {
    bindings::file_lock {
        c: file_lock_core,
        fl_end: loff_t,
        fl_lmops: *const lock_manager_operations,
        fl_start: loff_t,
    }
    bindings::file_lock_core {
        flc_file: *mut file,
        flc_flags: c_uint,
        flc_owner: fl_owner_t,
        flc_pid: pid_t,
        flc_type: c_uchar,
    }
}
