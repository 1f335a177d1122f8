// SPDX-License-Identifier: GPL-2.0

//! Upper superblocks: each has the mount through which all its lower objects are reached.
//!
//! C header: `include/linux/fs.h`

use core::ptr::NonNull;

use crate::compat::{
    aref::ARef, dentry::Dentry, mount::Mount, super_block::SuperBlock, upper::Upper,
};

impl Upper<SuperBlock> {
    /// The lower superblock.
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
    ///
    /// # Safety
    ///
    /// The current operation has reached the superblock through one of its mounts, and a reference
    /// to that mount is held. A mount keeps `s_root`.
    pub(in crate::compat) unsafe fn root(&self) -> ARef<Upper<Dentry>> {
        // SAFETY: `s_root` is set before an operation gets the superblock. The safety requirements
        // ensure that a mount of the superblock is referenced, and keeps `s_root`.
        let root = unsafe { bindings::dget((*self.as_ptr()).s_root) };
        // SAFETY: `dget()` returns its argument, which is not null. The reference that it has taken
        // is ours.
        unsafe { ARef::from_raw(NonNull::new_unchecked(root.cast())) }
    }

    /// Forgets all names that nobody uses, and with them the inodes. May sleep.
    pub(crate) fn forget_unused_names(&self) {
        // SAFETY: `self` is a valid superblock, and an open file or another user of it keeps it
        // mounted.
        unsafe { bindings::shrink_dcache_sb(self.as_ptr()) };
    }

    /// The mount through which all lower objects are reached.
    pub(crate) fn lower_mount(&self) -> &Mount {
        // SAFETY: By the type invariant `s_fs_info` points to the lower mount, which stays valid as
        // long as `self`.
        unsafe { &*(*self.as_ptr()).s_fs_info.cast() }
    }
}
