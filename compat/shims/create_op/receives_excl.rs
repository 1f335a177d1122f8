// SPDX-License-Identifier: GPL-2.0

//! `create` receives `bool excl` as its last argument.

use bindings::{dentry, ffi::c_int, inode, inode_operations, mnt_idmap, umode_t};

use crate::compat::raw::empty_inode_operations;

pub(crate) struct Answer;

// SAFETY: `create` calls `H::create` once, with the pointers that it received.
unsafe impl<H: super::Create> super::CreateOp<H> for Answer {
    const TABLE: inode_operations = inode_operations {
        create: Some(create::<H>),
        ..empty_inode_operations()
    };
}

unsafe extern "C" fn create<H: super::Create>(
    idmap: *mut mnt_idmap,
    dir: *mut inode,
    dentry: *mut dentry,
    mode: umode_t,
    _excl: bool,
) -> c_int {
    // SAFETY: The caller is the VFS, in `inode_operations.create`.
    unsafe { H::create(idmap, dir, dentry, mode) }
}
