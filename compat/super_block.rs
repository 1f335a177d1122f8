// SPDX-License-Identifier: GPL-2.0

//! Superblocks: of any filesystem, and of a stacking one with a lower mount behind it.
//!
//! C header: `include/linux/fs.h`

use bindings::ffi::c_int;
use kernel::types::Opaque;

use super::{
    aref::ARef,
    dentry::Dentry,
    error::{from_status, Result},
    members::{vfs_object, Members},
    mount::Mount,
    upper::Upper,
};

/// A superblock: one mounted filesystem (`struct super_block`).
#[repr(transparent)]
pub(crate) struct SuperBlock(Opaque<bindings::super_block>);

vfs_object!(SuperBlock, super_block);

/// How many filesystems may lie one on top of the other (`FILESYSTEM_MAX_STACK_DEPTH`).
///
/// Filesystems that must not have another on top count themselves as the last.
pub(in crate::compat) const MAX_STACK_DEPTH: c_int = bindings::FILESYSTEM_MAX_STACK_DEPTH;

impl Members<SuperBlock> {
    /// How many filesystems lie below this one.
    pub(in crate::compat) fn stack_depth(&self) -> c_int {
        // SAFETY: `self` is valid; the depth is set before anybody sees the superblock.
        unsafe { (*self.as_ptr()).s_stack_depth }
    }

    /// Whether its owners and capabilities are those of the initial user namespace.
    pub(crate) fn is_in_init_user_ns(&self) -> bool {
        // SAFETY: `self` is valid; the namespace is set before anybody sees the superblock.
        unsafe { bindings::shim_is_in_init_user_ns(self.as_ptr()) }
    }

    /// Whether device files of this filesystem are not to be opened, whatever the mount says.
    pub(crate) fn is_nodev(&self) -> bool {
        self.internal_flags() & bindings::SB_I_NODEV as usize != 0
    }

    /// Whether files of this filesystem are not to be executed, whatever the mount says.
    pub(crate) fn is_noexec(&self) -> bool {
        self.internal_flags() & bindings::SB_I_NOEXEC as usize != 0
    }

    /// `SB_I_*`.
    fn internal_flags(&self) -> usize {
        // SAFETY: `self` is valid. Flags that mean something here are set before anybody sees the
        // superblock.
        unsafe { core::ptr::addr_of!((*self.as_ptr()).s_iflags).read_volatile() }
    }

    /// The device number that files of this filesystem report.
    pub(crate) fn device(&self) -> bindings::dev_t {
        // SAFETY: `self` is valid; the number is set before anybody sees the superblock.
        unsafe { (*self.as_ptr()).s_dev }
    }
}

impl SuperBlock {
    /// Writes everything out and waits for it.
    ///
    /// Takes `s_umount` shared. Errors: what the filesystem's writers reported.
    pub(crate) fn sync(&self) -> Result {
        // SAFETY: `self` is valid, and mounted: a plain superblock is reached by a mount that is counted,
        // or by an inode of it. Lower superblocks come after upper ones, which lockdep is told.
        from_status(unsafe { bindings::shim_sync(self.as_ptr()) })
    }
}

impl Upper<SuperBlock> {
    /// The superblock behind this one.
    pub(crate) fn lower(&self) -> &SuperBlock {
        // SAFETY: A mount keeps its superblock, which it never changes.
        unsafe { &*(*self.lower_mount().as_ptr()).mnt_sb.cast() }
    }

    /// The device that the lower root reports, which may be another than its superblock's: btrfs has one
    /// for each subvolume.
    pub(crate) fn lower_device(&self) -> bindings::dev_t {
        // SAFETY: The root and its inode are set before anybody sees the superblock. A directory has no
        // other use for the member, which the set-up of the superblock has written.
        unsafe { (*(*(*self.as_ptr()).s_root).d_inode).i_rdev }
    }

    /// The root, which stays as long as the superblock is mounted.
    pub(in crate::compat) fn root(&self) -> ARef<Upper<Dentry>> {
        // SAFETY: `s_root` is set before anybody sees the superblock. A caller who has a dentry or an
        // inode of it keeps it mounted. The new count is ours.
        unsafe {
            let root = bindings::dget((*self.as_ptr()).s_root);
            ARef::from_raw(core::ptr::NonNull::new_unchecked(root.cast()))
        }
    }

    /// The mount that everything below is reached by.
    pub(crate) fn lower_mount(&self) -> &Mount {
        // SAFETY: By the type invariant `s_fs_info` is a mount, kept as long as `self`.
        unsafe { &*(*self.as_ptr()).s_fs_info.cast() }
    }
}
