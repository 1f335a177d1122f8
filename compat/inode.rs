// SPDX-License-Identifier: GPL-2.0

//! Inodes of any filesystem: files, whatever their names.
//!
//! C header: `include/linux/fs.h`

use core::ptr::{addr_of, NonNull};

use bindings::{ffi::c_int, ffi::c_uint, umode_t};
use kernel::types::Opaque;

use super::{
    aref::RefCounted,
    error::{code, Result},
    members::{vfs_object, Members},
    super_block::SuperBlock,
};

/// An inode (`struct inode`).
#[repr(transparent)]
pub(crate) struct Inode(Opaque<bindings::inode>);

vfs_object!(Inode, inode);

// SAFETY: `iput()` gives back a count on the inode, which is freed a grace period after its last count
// is gone.
unsafe impl RefCounted for Inode {
    unsafe fn dec_ref(inode: NonNull<Self>) {
        // SAFETY: The caller owns the count.
        unsafe { bindings::iput(inode.as_ptr().cast()) };
    }
}

/// Reads a member that others may write at the same time.
macro_rules! read_once {
    ($object:expr, $member:ident) => {{
        let object = $object.as_ptr();
        // SAFETY: The object is valid as long as the reference; the member is aligned and plain.
        unsafe { addr_of!((*object).$member).read_volatile() }
    }};
}

pub(in crate::compat) use read_once;

impl Inode {
    /// The superblock that the inode belongs to, and which outlives it.
    pub(crate) fn super_block(&self) -> &SuperBlock {
        // SAFETY: `i_sb` is set when the inode is made, never changes, and is freed after it.
        unsafe { &*(*self.as_ptr()).i_sb.cast() }
    }
}

impl Members<Inode> {
    /// Type and permission bits (`S_IFMT` and the rest).
    pub(crate) fn mode(&self) -> umode_t {
        read_once!(self, i_mode)
    }

    /// What kind of file it is.
    pub(crate) fn kind(&self) -> Kind {
        Kind::of(self.mode())
    }

    /// `S_*` flags: `S_IMMUTABLE` and its like, not the mode.
    pub(crate) fn flags(&self) -> u32 {
        read_once!(self, i_flags)
    }

    /// Whether nothing about the file may be changed (`chattr +i`).
    pub(crate) fn is_immutable(&self) -> bool {
        self.flags() & bindings::S_IMMUTABLE as u32 != 0
    }

    /// Whether the file may only grow (`chattr +a`).
    pub(crate) fn is_append_only(&self) -> bool {
        self.flags() & bindings::S_APPEND as u32 != 0
    }

    /// Whether its filesystem wants noted that it was read, by flags of its own.
    pub(in crate::compat) fn updates_atime(&self) -> bool {
        // SAFETY: `self` is valid.
        !unsafe { bindings::shim_is_noatime(self.as_ptr()) }
    }

    /// How many names the file has.
    pub(crate) fn link_count(&self) -> c_uint {
        // SAFETY: `self` is valid.
        unsafe { bindings::shim_i_nlink(self.as_ptr()) }
    }

    /// Whether its last name is gone, so that it goes when nobody uses it any more.
    pub(in crate::compat) fn is_removed(&self) -> bool {
        self.link_count() == 0 || self.flags() & bindings::S_DEAD as u32 != 0
    }

    /// The size in bytes.
    pub(crate) fn size(&self) -> i64 {
        // Read whole on the machines that the module is built for, all of which have 64 bits.
        read_once!(self, i_size)
    }

    /// Holds the inode's lock (`i_rwsem`) shared until the value is dropped.
    ///
    /// Errors: `EAGAIN` if it would have to wait and `may_wait` is false.
    pub(in crate::compat) fn lock_shared(&self, may_wait: bool) -> Result<SharedGuard<'_>> {
        if may_wait {
            // SAFETY: `self` is valid.
            unsafe { bindings::inode_lock_shared(self.as_ptr()) };
        // SAFETY: `self` is valid.
        } else if unsafe { bindings::inode_trylock_shared(self.as_ptr()) } == 0 {
            return Err(code::EAGAIN);
        }
        // INVARIANT: Locked above.
        Ok(SharedGuard(self))
    }

    /// Holds the inode's lock (`i_rwsem`) exclusively until the value is dropped.
    pub(in crate::compat) fn lock(&self) -> ExclusiveGuard<'_> {
        // SAFETY: `self` is valid.
        unsafe { bindings::inode_lock(self.as_ptr()) };
        // INVARIANT: Locked above.
        ExclusiveGuard(self)
    }

    /// As [`Self::lock`], if nobody holds the lock in any way.
    pub(in crate::compat) fn try_lock(&self) -> Option<ExclusiveGuard<'_>> {
        // SAFETY: `self` is valid.
        let locked = unsafe { bindings::inode_trylock(self.as_ptr()) != 0 };
        // Made only if locked: a value that is dropped unlocks.
        // INVARIANT: Locked above.
        locked.then(|| ExclusiveGuard(self))
    }
}

/// What kind of file an inode is, as far as its operations differ.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A directory.
    Directory,
    /// A regular file.
    Regular,
    /// A symbolic link.
    Symlink,
    /// A device, a FIFO or a socket: the VFS has the operations.
    Special,
}

impl Kind {
    /// The kind that a mode has the type bits of.
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

/// An inode's lock, held shared.
///
/// # Invariants
///
/// `i_rwsem` is held for reading.
pub(in crate::compat) struct SharedGuard<'a>(&'a Members<Inode>);

impl Drop for SharedGuard<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::inode_unlock_shared(self.0.as_ptr()) };
    }
}

/// An inode's lock, held exclusively.
///
/// # Invariants
///
/// `i_rwsem` is held for writing.
pub(in crate::compat) struct ExclusiveGuard<'a>(&'a Members<Inode>);

impl Drop for ExclusiveGuard<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::inode_unlock(self.0.as_ptr()) };
    }
}

/// What a caller that may sleep wants to do with an inode (`MAY_*`).
///
/// # Invariants
///
/// `MAY_NOT_BLOCK` is clear. What a caller in RCU walk wants is in its [`super::upper::RcuRef`] alone.
#[derive(Clone, Copy)]
pub(crate) struct AccessMask(c_int);

impl AccessMask {
    /// `None` in RCU walk.
    pub(in crate::compat) fn new(bits: c_int) -> Option<Self> {
        // INVARIANT: Just checked.
        (bits & bindings::MAY_NOT_BLOCK == 0).then_some(Self(bits))
    }

    pub(in crate::compat) fn bits(self) -> c_int {
        self.0
    }

    /// Whether the caller wants to look a name up, and nothing else.
    pub(crate) fn only_searches(self) -> bool {
        self.0 & (bindings::MAY_EXEC | bindings::MAY_READ | bindings::MAY_WRITE)
            == bindings::MAY_EXEC
    }
}
