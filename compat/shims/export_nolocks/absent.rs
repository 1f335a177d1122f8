// SPDX-License-Identifier: GPL-2.0

//! It cannot.
//!
//! Only without: bindings::EXPORT_OP_NOLOCKS

use bindings::{
    dentry,
    ffi::{c_int, c_ulong},
    inode, mnt_idmap, umode_t,
};

// The flag has left nothing behind that all kernels before it have: the name that its bit had in
// 6.12 was gone in 6.13. This function is not called here. It returns an errno up to 6.14, and a
// dentry in every kernel that has the flag.
bindings::signatures! {
    bindings::vfs_mkdir: fn(*mut mnt_idmap, *mut inode, *mut dentry, umode_t) -> c_int;
}

pub(crate) struct Answer;

impl super::ExportNolocks for Answer {
    const NOLOCKS: c_ulong = 0;
}
