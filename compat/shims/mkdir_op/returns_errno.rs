// SPDX-License-Identifier: GPL-2.0

//! `mkdir` returns an errno.

use bindings::{dentry, ffi::c_int, inode, inode_operations, mnt_idmap, umode_t};

use crate::compat::raw::empty_inode_operations;

pub(crate) struct Answer;

// SAFETY: `mkdir` calls `H::mkdir` once, with the pointers that it received.
unsafe impl<H: super::Mkdir> super::MkdirOp<H> for Answer {
    const TABLE: inode_operations = inode_operations {
        mkdir: Some(mkdir::<H>),
        ..empty_inode_operations()
    };
}

unsafe extern "C" fn mkdir<H: super::Mkdir>(
    idmap: *mut mnt_idmap,
    dir: *mut inode,
    dentry: *mut dentry,
    mode: umode_t,
) -> c_int {
    // SAFETY: The caller is the VFS, in `inode_operations.mkdir`.
    unsafe { H::mkdir(idmap, dir, dentry, mode) }
}
