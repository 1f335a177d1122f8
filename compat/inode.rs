// SPDX-License-Identifier: GPL-2.0

//! Inodes of any filesystem, and their locks.
//!
//! C header: `include/linux/fs.h`

use core::ptr::NonNull;

use bindings::{ffi::c_int, ffi::c_uint, umode_t};
use kernel::types::Opaque;

use super::{
    aref::RefCounted,
    error::{code, Result},
    idmap::{CallerIdmap, LowerIdmap},
    members::{read_once, vfs_object, Members},
    super_block::SuperBlock,
};

/// An inode (`struct inode`).
#[repr(transparent)]
pub(crate) struct Inode(Opaque<bindings::inode>);

vfs_object!(Inode, inode);

// SAFETY: The VFS evicts and frees an inode only after its last reference is dropped. `iput()`
// drops one.
unsafe impl RefCounted for Inode {
    unsafe fn dec_ref(inode: NonNull<Self>) {
        // SAFETY: The safety requirements of this function ensure that the caller owns a reference,
        // which this call may drop.
        unsafe { bindings::iput(inode.as_ptr().cast()) };
    }
}

impl Inode {
    /// The superblock, which never changes.
    pub(crate) fn super_block(&self) -> &SuperBlock {
        // SAFETY: `i_sb` is set when the inode is allocated. The mount through which compat reached
        // the inode keeps the superblock while the inode is in use.
        unsafe { &*(*self.as_ptr()).i_sb.cast() }
    }
}

impl Members<Inode> {
    /// The file type and the permission bits (`i_mode`).
    pub(crate) fn mode(&self) -> umode_t {
        read_once!(self, i_mode)
    }

    /// The kind of file, from the mode.
    pub(crate) fn kind(&self) -> Kind {
        Kind::of(self.mode())
    }

    /// The inode's flags (`i_flags`), such as `S_IMMUTABLE`.
    pub(crate) fn flags(&self) -> u32 {
        read_once!(self, i_flags)
    }

    /// Whether the file must not be changed in any way (`chattr +i`).
    pub(crate) fn is_immutable(&self) -> bool {
        self.flags() & bindings::S_IMMUTABLE as u32 != 0
    }

    /// Whether data may only be appended to the file (`chattr +a`).
    pub(crate) fn is_append_only(&self) -> bool {
        self.flags() & bindings::S_APPEND as u32 != 0
    }

    /// Whether the flags of the inode and its superblock let reads update the access time.
    pub(in crate::compat) fn updates_atime(&self) -> bool {
        let forbidden = (bindings::SB_RDONLY | bindings::SB_NOATIME) as usize;
        // SAFETY: `i_sb` is set when the inode is allocated. A superblock is freed after all its
        // inodes and, as they are, an RCU grace period after its last use.
        let sb: &SuperBlock = unsafe { &*(*self.as_ptr()).i_sb.cast() };
        self.flags() & bindings::S_NOATIME as u32 == 0 && sb.flags() & forbidden == 0
    }

    /// The number of names that the file has (`i_nlink`).
    pub(crate) fn link_count(&self) -> c_uint {
        // SAFETY: `self` is a valid inode.
        unsafe { bindings::shim_i_nlink(self.as_ptr()) }
    }

    /// Whether the last name is gone. Dropping the last reference then frees the file.
    pub(in crate::compat) fn is_removed(&self) -> bool {
        self.link_count() == 0 || self.flags() & bindings::S_DEAD as u32 != 0
    }

    /// The size in bytes.
    pub(crate) fn size(&self) -> i64 {
        // The module is built for 64-bit machines only, which read the size in one access.
        read_once!(self, i_size)
    }

    /// Whether the current task owns the file, or has power over its owner (`CAP_FOWNER`), by the
    /// ids of `idmap`.
    pub(in crate::compat) fn is_owned_by_caller(&self, idmap: LowerIdmap<'_>) -> bool {
        // SAFETY: `self` is a valid inode, and by its type invariant the idmap is valid.
        unsafe { bindings::inode_owner_or_capable(idmap.as_ptr(), self.as_ptr()) }
    }

    /// Locks the inode (`i_rwsem`) shared until the guard is dropped.
    ///
    /// Errors: `EAGAIN` if `may_wait` is false and the lock is not free.
    pub(in crate::compat) fn lock_shared(&self, may_wait: bool) -> Result<SharedGuard<'_>> {
        if may_wait {
            // SAFETY: `self` is a valid inode. `may_wait` says that the caller may sleep.
            unsafe { bindings::inode_lock_shared(self.as_ptr()) };
        // SAFETY: `self` is a valid inode.
        } else if unsafe { bindings::inode_trylock_shared(self.as_ptr()) } == 0 {
            return Err(code::EAGAIN);
        }
        // INVARIANT: The lock was taken above.
        Ok(SharedGuard(self))
    }

    /// Locks the inode (`i_rwsem`) exclusively until the guard is dropped. May sleep.
    pub(in crate::compat) fn lock(&self) -> ExclusiveGuard<'_> {
        // SAFETY: `self` is a valid inode.
        unsafe { bindings::inode_lock(self.as_ptr()) };
        // INVARIANT: The lock was taken above.
        ExclusiveGuard(self)
    }

    /// As [`Self::lock`], but returns `None` instead of waiting.
    pub(in crate::compat) fn try_lock(&self) -> Option<ExclusiveGuard<'_>> {
        // SAFETY: `self` is a valid inode.
        let locked = unsafe { bindings::inode_trylock(self.as_ptr()) != 0 };
        // `then_some` would make a guard, and unlock, even if the lock was not taken.
        // INVARIANT: The closure runs only if the lock was taken above.
        locked.then(|| ExclusiveGuard(self))
    }
}

/// The kind of a file: one for each set of operations.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A directory.
    Directory,
    /// A regular file.
    Regular,
    /// A symbolic link.
    Symlink,
    /// A device, a FIFO or a socket. Its operations are the VFS's own.
    Special,
}

impl Kind {
    /// The kind that the type bits of `mode` say.
    #[inline]
    pub(in crate::compat) fn of(mode: umode_t) -> Self {
        match i32::from(mode) & bindings::S_IFMT {
            bindings::S_IFDIR => Self::Directory,
            bindings::S_IFLNK => Self::Symlink,
            bindings::S_IFREG => Self::Regular,
            _ => Self::Special,
        }
    }
}

/// An inode's `i_rwsem`, held shared, and released when dropped.
///
/// # Invariants
///
/// This value owns `i_rwsem` of the inode, locked for reading.
pub(in crate::compat) struct SharedGuard<'a>(&'a Members<Inode>);

impl Drop for SharedGuard<'_> {
    fn drop(&mut self) {
        // SAFETY: The type invariants ensure that `self` owns the lock, so it is safe to unlock it.
        unsafe { bindings::inode_unlock_shared(self.0.as_ptr()) };
    }
}

/// An inode's `i_rwsem`, held exclusively, and released when dropped.
///
/// # Invariants
///
/// This value owns `i_rwsem` of the inode, locked for writing.
pub(in crate::compat) struct ExclusiveGuard<'a>(&'a Members<Inode>);

impl Drop for ExclusiveGuard<'_> {
    fn drop(&mut self) {
        // SAFETY: The type invariants ensure that `self` owns the lock, so it is safe to unlock it.
        unsafe { bindings::inode_unlock(self.0.as_ptr()) };
    }
}

/// The access that a caller wants to an inode (`MAY_*`), outside of RCU walk, and the idmap of the
/// mount that the caller uses.
///
/// # Invariants
///
/// `MAY_NOT_BLOCK` is clear. The type for RCU walk is [`super::upper::RcuAccessMask`].
#[derive(Clone, Copy)]
pub(crate) struct AccessMask<'a> {
    bits: c_int,
    caller: CallerIdmap<'a>,
}

impl<'a> AccessMask<'a> {
    /// `None` if the bits are those of RCU walk.
    pub(in crate::compat) fn new(bits: c_int, caller: CallerIdmap<'a>) -> Option<Self> {
        // INVARIANT: The condition checks that `MAY_NOT_BLOCK` is clear.
        (bits & bindings::MAY_NOT_BLOCK == 0).then_some(Self { bits, caller })
    }

    /// The `MAY_*` bits.
    pub(in crate::compat) fn bits(self) -> c_int {
        self.bits
    }

    /// The idmap of the mount that the caller uses.
    pub(in crate::compat) fn caller(self) -> CallerIdmap<'a> {
        self.caller
    }

    /// Whether the access to a directory is that of a change to its entries.
    pub(in crate::compat) fn is_change_of_entries(self) -> bool {
        let both = bindings::MAY_WRITE | bindings::MAY_EXEC;
        self.bits & both == both
    }

    /// Whether the access is execution alone: for a directory, to look a name up in it.
    pub(crate) fn is_search_only(self) -> bool {
        self.bits & (bindings::MAY_EXEC | bindings::MAY_READ | bindings::MAY_WRITE)
            == bindings::MAY_EXEC
    }
}

/// The answer of a lower filesystem to a request for access: permission, or an errno.
///
/// Only the check of the lower inode makes one. So an operation can refuse what the lower
/// filesystem permits, and cannot permit what it refuses.
#[must_use]
pub(crate) struct AccessAnswer(c_int);

impl AccessAnswer {
    /// # Safety
    ///
    /// `status` is zero or a negative errno, and the answer to the request that the current
    /// operation has got.
    #[inline]
    pub(in crate::compat) unsafe fn new(status: c_int) -> Self {
        Self(status)
    }

    /// What the VFS expects: zero or a negative errno.
    #[inline]
    pub(in crate::compat) fn into_raw(answer: Result<Self>) -> c_int {
        match answer {
            Ok(Self(status)) => status,
            Err(error) => error.to_errno(),
        }
    }
}
