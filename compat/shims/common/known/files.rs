// SPDX-License-Identifier: GPL-2.0

//! Open files, and what is read from and written to them, for `compat/file.rs` and
//! `compat/upper/file.rs`.

use bindings::{
    address_space,
    ffi::{c_int, c_long, c_uint, c_void},
    file, file_operations, fmode_t, inode, iov_iter, kiocb, loff_t,
};

bindings::signatures! {
    bindings::__fput_sync: fn(*mut file);
    bindings::allow_write_access: fn(*mut file);
    bindings::deny_write_access: fn(*mut file) -> c_int;
    bindings::fput: fn(*mut file);
    bindings::iov_iter_count: fn(*const iov_iter) -> usize;
    bindings::mnt_drop_write_file: fn(*mut file);
    bindings::mnt_want_write_file: fn(*mut file) -> c_int;
    bindings::vfs_clone_file_range: fn(
        *mut file,
        loff_t,
        *mut file,
        loff_t,
        loff_t,
        c_uint,
    ) -> loff_t;
    bindings::vfs_copy_file_range: fn(*mut file, loff_t, *mut file, loff_t, usize, c_uint) -> isize;
    bindings::vfs_dedupe_file_range_one: fn(
        *mut file,
        loff_t,
        *mut file,
        loff_t,
        loff_t,
        c_uint,
    ) -> loff_t;
    bindings::vfs_fadvise: fn(*mut file, loff_t, loff_t, c_int) -> c_int;
    bindings::vfs_fallocate: fn(*mut file, c_int, loff_t, loff_t) -> c_int;
    bindings::vfs_fsync_range: fn(*mut file, loff_t, loff_t, c_int) -> c_int;
    bindings::vfs_iocb_iter_read: fn(*mut file, *mut kiocb, *mut iov_iter) -> isize;
    bindings::vfs_iocb_iter_write: fn(*mut file, *mut kiocb, *mut iov_iter) -> isize;
    bindings::vfs_llseek: fn(*mut file, loff_t, c_int) -> loff_t;
}

bindings::members! {
    bindings::file_operations { fop_flags: c_uint }
    bindings::file {
        f_flags: c_uint,
        f_inode: *mut inode,
        f_mapping: *mut address_space,
        f_mode: fmode_t,
        f_op: *const file_operations,
        f_pos: loff_t,
        private_data: *mut c_void,
    }
    bindings::kiocb {
        ki_complete: Option<unsafe extern "C" fn(*mut kiocb, c_long)>,
        ki_filp: *mut file,
        ki_flags: c_int,
        ki_pos: loff_t,
        private: *mut c_void,
    }
}
