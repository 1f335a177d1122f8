// SPDX-License-Identifier: GPL-2.0

//! It has them.

use bindings::{
    dentry,
    ffi::{c_int, c_uint, c_void},
    fid, inode, vfsmount,
};

use super::Acceptable;
use crate::compat::raw::from_err_ptr;

bindings::signatures! {
    bindings::exportfs_decode_fh_raw: fn(
        *mut vfsmount,
        *mut fid,
        c_int,
        c_int,
        c_uint,
        Option<unsafe extern "C" fn(*mut c_void, *mut dentry) -> c_int>,
        *mut c_void,
    ) -> *mut dentry;
    bindings::exportfs_encode_inode_fh: fn(
        *mut inode,
        *mut fid,
        *mut c_int,
        *mut inode,
        c_int,
    ) -> c_int;
}

pub(crate) struct Answer;

impl super::Exportfs for Answer {
    const AVAILABLE: bool = true;

    unsafe fn encode(
        inode: *mut inode,
        fid: *mut fid,
        words: *mut c_int,
        parent: *mut inode,
    ) -> c_int {
        // The flag asks for a handle even if the filesystem finds no file by it. It changes nothing
        // else.
        let flags = bindings::EXPORT_FH_FID as c_int;
        // SAFETY: The safety requirements of this function are those of the call.
        unsafe { bindings::exportfs_encode_inode_fh(inode, fid, words, parent, flags) }
    }

    unsafe fn decode(
        mount: *mut vfsmount,
        fid: *mut fid,
        words: c_int,
        kind: c_int,
        accept: Acceptable,
        context: *mut c_void,
    ) -> Result<*mut dentry, c_int> {
        // SAFETY: The safety requirements of this function are those of the call. Without flags it
        // accepts any kind of file.
        from_err_ptr(unsafe {
            bindings::exportfs_decode_fh_raw(mount, fid, words, kind, 0, accept, context)
        })
    }
}
