// SPDX-License-Identifier: GPL-2.0

//! Superblocks of any filesystem.
//!
//! C header: `include/linux/fs.h`

use bindings::ffi::c_int;
use kernel::types::Opaque;

use super::{
    error::{from_status, not_supported, Result},
    members::{read_once, vfs_object, Members},
    shims::freeze_super_op::{Answer, Freeze, FreezeSuperOp},
};

/// A superblock: one mounted filesystem (`struct super_block`).
#[repr(transparent)]
pub(crate) struct SuperBlock(Opaque<bindings::super_block>);

vfs_object!(SuperBlock, super_block);

/// How many filesystems may lie one on top of the other (`FILESYSTEM_MAX_STACK_DEPTH`).
///
/// A filesystem that must not have another on top sets its own depth to this maximum.
pub(in crate::compat) const MAX_STACK_DEPTH: c_int = bindings::FILESYSTEM_MAX_STACK_DEPTH;

impl Members<SuperBlock> {
    /// How many filesystems lie below this one.
    pub(in crate::compat) fn stack_depth(&self) -> c_int {
        // SAFETY: `self` is a valid superblock. The depth does not change once others can see it.
        unsafe { (*self.as_ptr()).s_stack_depth }
    }

    /// Whether its owners and capabilities are those of the initial user namespace.
    pub(crate) fn is_in_init_user_ns(&self) -> bool {
        // SAFETY: `self` is a valid superblock. The namespace does not change once others can see
        // it.
        unsafe { bindings::shim_is_in_init_user_ns(self.as_ptr()) }
    }

    /// Whether no device file of this filesystem can be opened, whatever the mount's flags are.
    pub(crate) fn is_nodev(&self) -> bool {
        self.internal_flags() & bindings::SB_I_NODEV as usize != 0
    }

    /// Whether no file of this filesystem can be executed, whatever the mount's flags are.
    pub(crate) fn is_noexec(&self) -> bool {
        self.internal_flags() & bindings::SB_I_NOEXEC as usize != 0
    }

    /// Whether the filesystem is read-only, whatever the mount's flags are.
    pub(in crate::compat) fn is_readonly(&self) -> bool {
        self.flags() & bindings::SB_RDONLY as usize != 0
    }

    /// Whether the filesystem writes data to the disk before a write returns (`SB_SYNCHRONOUS`).
    pub(crate) fn is_synchronous(&self) -> bool {
        self.flags() & bindings::SB_SYNCHRONOUS as usize != 0
    }

    /// Whether the filesystem writes changes to directories to the disk before they return
    /// (`SB_DIRSYNC`).
    pub(crate) fn is_dirsync(&self) -> bool {
        self.flags() & (bindings::SB_SYNCHRONOUS | bindings::SB_DIRSYNC) as usize != 0
    }

    /// `s_flags` (`SB_*`), which a remount can change at any time.
    pub(in crate::compat) fn flags(&self) -> usize {
        read_once!(self, s_flags)
    }

    /// The VFS's internal flags (`s_iflags`, `SB_I_*`).
    #[inline]
    pub(in crate::compat) fn internal_flags(&self) -> usize {
        read_once!(self, s_iflags)
    }

    /// The device number that files of this filesystem report.
    pub(crate) fn device(&self) -> bindings::dev_t {
        // SAFETY: `self` is a valid superblock. The number does not change once others can see it.
        unsafe { (*self.as_ptr()).s_dev }
    }
}

impl SuperBlock {
    /// Freezes the filesystem for user space, as FIFREEZE does: changes wait until it is thawed.
    ///
    /// Takes `s_umount` exclusively, and waits for the changes in progress. Errors: `EOPNOTSUPP` if
    /// the filesystem cannot be frozen; `EBUSY` if it is frozen; those of the filesystem.
    pub(crate) fn freeze(&self) -> Result {
        // SAFETY: `self` is a valid superblock.
        if !unsafe { bindings::shim_can_freeze(self.as_ptr()) } {
            return Err(not_supported());
        }
        // SAFETY: A plain superblock is a lower one. The lower mount, to which the upper superblock
        // holds a reference, keeps it mounted. The caller is FIFREEZE, which holds no lock.
        from_status(unsafe { <Answer as FreezeSuperOp<Unused>>::freeze(self.as_ptr()) })
    }

    /// Thaws the filesystem, as FITHAW does.
    ///
    /// Takes `s_umount` exclusively. Errors: `EINVAL` if user space has not frozen it; those of the
    /// filesystem.
    pub(crate) fn thaw(&self) -> Result {
        // SAFETY: As in `freeze`. The VFS answers for a filesystem that cannot be frozen too.
        from_status(unsafe { <Answer as FreezeSuperOp<Unused>>::thaw(self.as_ptr()) })
    }

    /// Writes all dirty data and metadata, and waits until they are written.
    ///
    /// Takes `s_umount` shared. Errors: those of the writes.
    pub(crate) fn sync(&self) -> Result {
        // SAFETY: A plain superblock is a lower one. The lower mount, to which the upper superblock
        // holds a reference, keeps it mounted. The caller may hold the `s_umount` of superblocks
        // above this one; the call takes this one's with a lockdep subclass by depth.
        from_status(unsafe { bindings::shim_sync(self.as_ptr()) })
    }

    /// Ends the requests that wait for a server, as `umount -f` does (`MNT_FORCE` of umount2(2)).
    ///
    /// The requests fail with the filesystem's own error, `EIO` for NFS and `ECONNABORTED` for
    /// FUSE. Some filesystems, FUSE among them, fail all later ones too. Nothing happens to one
    /// without a server. Takes no lock of the VFS.
    pub(crate) fn abort_requests(&self) {
        // SAFETY: `self` is a valid superblock, whose operations do not change once others can see
        // it.
        let Some(begin) = (unsafe { (*(*self.as_ptr()).s_op).umount_begin }) else {
            return;
        };
        // SAFETY: A plain superblock is a lower one. The lower mount, to which the upper superblock
        // holds a reference, keeps it mounted. The VFS calls the operation without any lock too,
        // and as often as somebody asks.
        unsafe { begin(self.as_ptr()) };
    }
}

/// [`FreezeSuperOp`]'s calls need some type that fills the slots, and do not use it. Nobody calls
/// these functions.
struct Unused;

impl Freeze for Unused {
    unsafe fn freeze(_: *mut bindings::super_block) -> c_int {
        0
    }

    unsafe fn thaw(_: *mut bindings::super_block) -> c_int {
        0
    }
}
