// SPDX-License-Identifier: GPL-2.0

//! Mounting and unmounting, for `compat/ops/super_block.rs` and `compat/registration.rs`.

use bindings::{
    dentry, dev_t, export_operations,
    ffi::{c_char, c_int, c_uchar, c_uint, c_ulong, c_void},
    file_system_type, fs_context, fs_context_operations, inode, loff_t, module, super_block,
    super_operations, time64_t, xattr_handler,
};

bindings::signatures! {
    bindings::get_tree_nodev: fn(
        *mut fs_context,
        Option<unsafe extern "C" fn(*mut super_block, *mut fs_context) -> c_int>,
    ) -> c_int;
    bindings::kill_anon_super: fn(*mut super_block);
    bindings::register_filesystem: fn(*mut file_system_type) -> c_int;
    bindings::security_sb_clone_mnt_opts: fn(
        *const super_block,
        *mut super_block,
        c_ulong,
        *mut c_ulong,
    ) -> c_int;
    bindings::unregister_filesystem: fn(*mut file_system_type) -> c_int;
    bindings::xattr_supports_user_prefix: fn(*mut inode) -> c_int;
}

bindings::members! {
    bindings::file_system_type {
        fs_flags: c_int,
        init_fs_context: Option<unsafe extern "C" fn(*mut fs_context) -> c_int>,
        kill_sb: Option<unsafe extern "C" fn(*mut super_block)>,
        name: *const c_char,
        owner: *mut module,
    }
    bindings::fs_context {
        fs_private: *mut c_void,
        ops: *const fs_context_operations,
        sb_flags: c_uint,
        security: *mut c_void,
        source: *const c_char,
    }
    bindings::super_block {
        s_blocksize: c_ulong,
        s_blocksize_bits: c_uchar,
        s_dev: dev_t,
        s_export_op: *const export_operations,
        s_flags: c_ulong,
        s_fs_info: *mut c_void,
        s_iflags: c_ulong,
        s_magic: c_ulong,
        s_maxbytes: loff_t,
        s_op: *const super_operations,
        s_root: *mut dentry,
        s_stack_depth: c_int,
        s_time_gran: u32,
        s_time_max: time64_t,
        s_time_min: time64_t,
        s_type: *mut file_system_type,
        s_xattr: *const *const xattr_handler,
    }
}
