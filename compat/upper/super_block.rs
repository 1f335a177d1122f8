// SPDX-License-Identifier: GPL-2.0

//! Upper superblocks: each has the mount that all its lower objects are reached through.
//!
//! C header: `include/linux/fs.h`

use core::ptr::NonNull;

use crate::compat::{
    aref::ARef, dentry::Dentry, mount::Mount, super_block::SuperBlock, upper::Upper,
};

impl Upper<SuperBlock> {
    /// The superblock behind this one.
    pub(crate) fn lower(&self) -> &SuperBlock {
        self.lower_mount().super_block()
    }

    /// The device number that the lower root reports. It can differ from that of the lower
    /// superblock: btrfs has one for each subvolume.
    pub(crate) fn lower_device(&self) -> bindings::dev_t {
        // SAFETY: The root and its inode are set before an operation gets the superblock, and stay.
        // `i_rdev` was written before that too, and nothing else uses it in a directory.
        unsafe { (*(*(*self.as_ptr()).s_root).d_inode).i_rdev }
    }

    /// The root, which stays as long as the superblock is mounted.
    pub(in crate::compat) fn root(&self) -> ARef<Upper<Dentry>> {
        // SAFETY: `s_root` is set before an operation gets the superblock. The caller has a counted
        // dentry or inode of it, which keeps it mounted, and so the root is counted.
        let root = unsafe { bindings::dget((*self.as_ptr()).s_root) };
        // SAFETY: `dget()` returns its argument, which is not null, with a new count.
        unsafe { ARef::from_raw(NonNull::new_unchecked(root.cast())) }
    }

    /// The mount that everything below is reached through.
    pub(crate) fn lower_mount(&self) -> &Mount {
        // SAFETY: The type invariants ensure that `s_fs_info` is a mount, which `self` counts.
        unsafe { &*(*self.as_ptr()).s_fs_info.cast() }
    }
}
