// SPDX-License-Identifier: GPL-2.0

//! It has none: no file has a handle.
//!
//! Only unexported: bindings::exportfs_decode_fh_raw, bindings::exportfs_encode_inode_fh

use bindings::{
    dentry,
    ffi::{c_int, c_void},
    fid, inode, vfsmount,
};

use super::Acceptable;

// The configuration is without it, so that the functions are missing on purpose.
const _: () = assert!(bindings::IS_WITHOUT_EXPORTFS);

pub(crate) struct Answer;

impl super::Exportfs for Answer {
    const AVAILABLE: bool = false;

    unsafe fn encode(_: *mut inode, _: *mut fid, _: *mut c_int, _: *mut inode) -> c_int {
        -bindings::EOPNOTSUPP
    }

    unsafe fn decode(
        _: *mut vfsmount,
        _: *mut fid,
        _: c_int,
        _: c_int,
        _: Acceptable,
        _: *mut c_void,
    ) -> Result<*mut dentry, c_int> {
        Err(-bindings::EOPNOTSUPP)
    }
}
