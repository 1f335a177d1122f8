// SPDX-License-Identifier: GPL-2.0

//! Leases and delegations, for `compat/lease.rs` and `compat/delegation.rs`.

use bindings::{
    ffi::{c_int, c_uint, c_void},
    file, file_lease, file_lock_core, inode, lease_manager_operations, list_head,
};

bindings::signatures! {
    bindings::break_deleg: fn(*mut inode, c_uint) -> c_int;
    bindings::break_lease: fn(*mut inode, c_uint) -> c_int;
    bindings::generic_setlease: fn(
        *mut file,
        c_int,
        *mut *mut file_lease,
        *mut *mut c_void,
    ) -> c_int;
    bindings::kernel_setlease: fn(
        *mut file,
        c_int,
        *mut *mut file_lease,
        *mut *mut c_void,
    ) -> c_int;
    bindings::lease_modify: fn(*mut file_lease, c_int, *mut list_head) -> c_int;
    bindings::locks_alloc_lease: fn() -> *mut file_lease;
    bindings::locks_free_lease: fn(*mut file_lease);
}

bindings::members! {
    bindings::file_lease { c: file_lock_core, fl_lmops: *const lease_manager_operations }
}
