// SPDX-License-Identifier: GPL-2.0

//! Idmapped mounts.

use std::path::Path;

use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::fs::CWD;
use rustix::io::Errno;
use rustix::mount::{move_mount, open_tree, MoveMountFlags, OpenTreeFlags};

use crate::ops::last_errno;

/// The kernel's `struct mount_attr`.
#[repr(C)]
struct MountAttributes {
    set: u64,
    clear: u64,
    propagation: u64,
    namespace: u64,
}

/// `MOUNT_ATTR_IDMAP`
const IDMAP: u64 = 0x0010_0000;

/// Mounts `from` once more at `to`, idmapped by a user namespace.
pub fn idmapped(from: &Path, to: &Path, namespace: BorrowedFd) -> Result<(), Errno> {
    let tree = open_tree(
        CWD,
        from,
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC,
    )?;
    let namespace = namespace.as_raw_fd() as u64;
    let attributes = MountAttributes {
        set: IDMAP,
        clear: 0,
        propagation: 0,
        namespace,
    };
    // SAFETY: The path is a C string. `attributes` is valid for reads of the size that is passed.
    // Both live until after the call.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH,
            &raw const attributes,
            size_of::<MountAttributes>(),
        )
    };
    if result != 0 {
        return Err(last_errno());
    }
    move_mount(&tree, "", CWD, to, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
}
