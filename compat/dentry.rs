// SPDX-License-Identifier: GPL-2.0

//! Dentries of any filesystem: names in the cache, positive or negative.
//!
//! C header: `include/linux/dcache.h`

use core::{
    mem::MaybeUninit,
    ptr::{addr_of, addr_of_mut, NonNull},
    sync::atomic::{AtomicU32, Ordering},
};

use bindings::ffi::c_uint;
use kernel::types::Opaque;

use super::{
    aref::{ARef, RefCounted},
    error::{code, from_negative, Result},
    inode::{Inode, Kind},
    members::{read_once, vfs_object, Members},
    mount::Mount,
    rcu,
    shims::{
        lookup_one::{self, LookupOne},
        lookup_unchecked::{self, LookupUnchecked},
    },
    super_block::SuperBlock,
};

/// A dentry (`struct dentry`).
///
/// A referenced positive dentry stays positive: only the owner of its last reference can make it
/// negative. A negative dentry may become positive at any time.
#[repr(transparent)]
pub(crate) struct Dentry(Opaque<bindings::dentry>);

vfs_object!(Dentry, dentry);

// SAFETY: The VFS frees a dentry only after its last reference is dropped. `dput()` drops one.
unsafe impl RefCounted for Dentry {
    unsafe fn dec_ref(dentry: NonNull<Self>) {
        // SAFETY: The safety requirements of this function ensure that the caller owns a reference,
        // which this call may drop.
        unsafe { bindings::dput(dentry.as_ptr().cast()) };
    }
}

impl Members<Dentry> {
    /// The sequence number of the dentry (`d_seq`), always even. While the dentry changes, this is
    /// the number before the change.
    ///
    /// Each rename, move and unhashing, and each gain or loss of an inode, gives a new number. The
    /// numbers wrap after 2^31 changes.
    #[inline]
    pub(crate) fn sequence(&self) -> u32 {
        // As `raw_seqcount_begin()`, but never waits for a change: with PREEMPT_RT that takes
        // `d_lock`. Each step of a path walk reads four of these numbers, so this is no call.
        // SAFETY: `self` is a valid dentry. The member is aligned, and the kernel writes it by
        // single stores.
        let sequence =
            unsafe { AtomicU32::from_ptr(addr_of_mut!((*self.as_ptr()).d_seq.seqcount.sequence)) };
        sequence.load(Ordering::Acquire) & !1
    }

    /// Whether the dentry has changed, or is changing, since [`Self::sequence`] was `seq`.
    pub(in crate::compat) fn has_changed(&self, seq: u32) -> bool {
        // SAFETY: `self` is a valid dentry.
        unsafe { bindings::shim_d_seq_changed(self.as_ptr(), seq) }
    }

    /// Waits until no change to the dentry is in progress: for a few stores under a spinlock.
    pub(in crate::compat) fn wait_for_change(&self) {
        // SAFETY: `self` is a valid dentry.
        unsafe { bindings::shim_d_seq_wait(self.as_ptr()) };
    }

    /// Whether its filesystem has a `d_revalidate` operation.
    pub(in crate::compat) fn has_revalidate(&self) -> bool {
        read_once!(self, d_flags) & bindings::DCACHE_OP_REVALIDATE as c_uint != 0
    }

    /// Whether its filesystem takes references to the dentry of a file for uses of the file, as NFS
    /// does.
    pub(in crate::compat) fn counts_users(&self) -> bool {
        // SAFETY: `self` is a valid dentry. One with a `d_revalidate` operation has operations,
        // which never change.
        unsafe { bindings::shim_counts_users(self.as_ptr()) }
    }

    /// Whether a walk through the dentry may lead elsewhere: it is a mountpoint in some mount
    /// namespace, or its filesystem mounts something there.
    #[inline]
    pub(in crate::compat) fn is_managed(&self) -> bool {
        read_once!(self, d_flags) & bindings::DCACHE_MANAGED_DENTRY as c_uint != 0
    }

    /// Whether the dentry is neither managed ([`Self::is_managed`]) nor revalidated by its
    /// filesystem ([`Self::has_revalidate`]). This is one load.
    #[inline]
    pub(in crate::compat) fn is_plain(&self) -> bool {
        let special = bindings::DCACHE_MANAGED_DENTRY | bindings::DCACHE_OP_REVALIDATE;
        read_once!(self, d_flags) & special as c_uint == 0
    }

    /// Whether its filesystem mounts something on the dentry when a walk goes through it.
    #[inline]
    pub(in crate::compat) fn is_automount(&self) -> bool {
        read_once!(self, d_flags) & bindings::DCACHE_NEED_AUTOMOUNT as c_uint != 0
    }

    /// Whether its filesystem has the operation that mounts something on a dentry.
    pub(in crate::compat) fn has_automount(&self) -> bool {
        // SAFETY: `self` is a valid dentry. The table is set when a dentry is allocated, and is
        // static or part of a module that is still loaded.
        unsafe { (*self.as_ptr()).d_op.as_ref() }.is_some_and(|table| table.d_automount.is_some())
    }

    /// Whether the dentry is a mountpoint in some mount namespace.
    pub(in crate::compat) fn is_mounted_on(&self) -> bool {
        read_once!(self, d_flags) & bindings::DCACHE_MOUNTED as c_uint != 0
    }

    /// Whether the dentry is hashed: a path walk can find it.
    pub(in crate::compat) fn is_hashed(&self) -> bool {
        // SAFETY: `self` is a valid dentry.
        unsafe { bindings::d_unhashed(self.as_ptr()) == 0 }
    }

    /// Whether the dentry is hashed, and an entry of the directory `parent`.
    pub(in crate::compat) fn is_hashed_in(&self, parent: *mut bindings::dentry) -> bool {
        read_once!(self, d_parent) == parent && self.is_hashed()
    }

    /// Whether the dentry has the name of `other`. The caller holds the RCU read lock.
    pub(in crate::compat) fn has_name_of(&self, other: &Members<Dentry>) -> bool {
        // SAFETY: Both are valid dentries. The RCU read lock keeps the memory of a name that is
        // replaced during the call.
        unsafe { bindings::shim_same_name(self.as_ptr(), other.as_ptr()) }
    }

    /// Whether the directory that contains the dentry has been removed.
    pub(in crate::compat) fn is_in_removed_directory(&self) -> bool {
        rcu::read(|| {
            let parent: *mut Dentry = read_once!(self, d_parent).cast();
            // SAFETY: A dentry always has a parent. The RCU read lock keeps the one that was read,
            // and the reference does not leave the critical section.
            let parent = unsafe { &*parent };
            parent.inode().is_some_and(|dir| dir.is_removed())
        })
    }

    /// Whether its filesystem hashes or compares names by its own rules, such as without regard to
    /// case.
    pub(crate) fn has_own_name_rules(&self) -> bool {
        // SAFETY: `self` is a valid dentry.
        unsafe { bindings::shim_has_own_names(self.as_ptr()) }
    }
}

impl Dentry {
    /// The inode that the name stands for; `None` if the dentry is negative.
    pub(crate) fn inode(&self) -> Option<&Inode> {
        let inode: *mut Inode = read_once!(self, d_inode).cast();
        // SAFETY: The pointer is null or an inode. A referenced positive dentry keeps its inode. If
        // only the RCU read lock keeps the dentry, it may lose the inode, which RCU frees after a
        // grace period.
        unsafe { inode.as_ref() }
    }

    /// The inode that the name stands for.
    ///
    /// Errors: `ENOENT` if the dentry is negative.
    pub(crate) fn positive(&self) -> Result<&Inode> {
        self.inode().ok_or(code::ENOENT)
    }

    /// The superblock, which never changes.
    pub(in crate::compat) fn super_block(&self) -> &SuperBlock {
        // SAFETY: `d_sb` is set when the dentry is allocated. The mount through which compat
        // reached the dentry keeps the superblock while the dentry is in use.
        unsafe { &*(*self.as_ptr()).d_sb.cast() }
    }

    /// Unhashes a negative dentry of a removed directory. The dentry would keep the directory's
    /// inode in memory, although no walk can find the dentry again.
    pub(in crate::compat) fn drop_if_orphaned(&self) {
        if self.inode().is_none() && self.is_in_removed_directory() {
            // SAFETY: `self` is a valid dentry. `d_drop()` takes the lock that it needs.
            unsafe { bindings::d_drop(self.as_ptr()) };
        }
    }

    /// Makes a dentry without a name for the file `inode`. `None` without memory.
    pub(in crate::compat) fn nameless(inode: &Inode) -> Option<ARef<Dentry>> {
        // SAFETY: The inode is valid, and keeps its superblock.
        let dentry = NonNull::new(unsafe { bindings::d_alloc_anon((*inode.as_ptr()).i_sb) })?;
        // SAFETY: The inode is valid and in use. Nobody else knows the new, negative dentry, which
        // takes over the reference to the inode that `ihold()` takes.
        unsafe {
            bindings::ihold(inode.as_ptr());
            bindings::d_instantiate(dentry.as_ptr(), inode.as_ptr());
        }
        // SAFETY: The reference that `d_alloc_anon()` has returned is ours.
        Some(unsafe { ARef::from_raw(dentry.cast()) })
    }

    /// Takes a reference to the dentry.
    pub(in crate::compat) fn to_aref(&self) -> ARef<Dentry> {
        // SAFETY: Outside of RCU walk somebody holds a reference to `self`, so another one may be
        // taken.
        let dentry = unsafe { bindings::dget(self.as_ptr()) };
        // SAFETY: `dget()` returns its argument, which is not null. The reference that it has taken
        // is ours.
        unsafe { ARef::from_raw(NonNull::new_unchecked(dentry.cast())) }
    }

    /// Runs `f` with the parent and the name that the dentry had at one moment. May sleep.
    pub(in crate::compat) fn with_parent_and_name<R>(
        &self,
        f: impl FnOnce(&Dentry, Name<'_>) -> R,
    ) -> R {
        let mut snapshot = MaybeUninit::<bindings::name_snapshot>::uninit();
        let snapshot = snapshot.as_mut_ptr();
        let parent = loop {
            let seq = self.sequence();
            // SAFETY: `self` is a valid dentry. The call returns its parent, never null, with a
            // reference that is ours.
            let parent = unsafe {
                let parent = bindings::dget_parent(self.as_ptr());
                ARef::<Dentry>::from_raw(NonNull::new_unchecked(parent.cast()))
            };
            // SAFETY: `self` is a valid dentry. The call initialises `snapshot`, which may then
            // point into itself: it is not moved before it is released.
            unsafe { bindings::take_dentry_name_snapshot(snapshot, self.as_ptr()) };
            if !self.has_changed(seq) {
                break parent;
            }
            // SAFETY: The snapshot was taken in this turn of the loop, and nothing refers to it.
            unsafe { bindings::release_dentry_name_snapshot(snapshot) };
            self.wait_for_change();
        };
        // SAFETY: The last turn of the loop took the snapshot. It is released after `f` has
        // returned, and `f` cannot keep the name for longer than it runs.
        let name = unsafe { Name::from_raw(addr_of!((*snapshot).name)) };
        let result = f(&parent, name);
        // SAFETY: The last turn of the loop took the snapshot, and `name` is not used any more.
        unsafe { bindings::release_dentry_name_snapshot(snapshot) };
        result
    }

    /// Looks `name` up in this directory, for a caller of whom the VFS has found that he may search
    /// it. The result is positive or negative.
    ///
    /// Locks the directory's inode if the name is not in the cache. Errors: `ENOTDIR`; those of the
    /// filesystem.
    pub(in crate::compat) fn lookup(&self, mount: &Mount, name: Name<'_>) -> Result<ARef<Dentry>> {
        if self.positive()?.kind() != Kind::Directory {
            return Err(code::ENOTDIR);
        }
        // SAFETY: The mount and the name are valid for the call. The directory is referenced,
        // because the caller may sleep. The caller holds no `i_rwsem` of a lower inode.
        let found = unsafe { lookup_one::Answer::unlocked(mount.idmap(), name.0, self.as_ptr()) };
        let found = match found {
            // The VFS has found that the caller may search the directory. That was with the idmap
            // of the upper mount in use, which it does not pass to `lookup`.
            // SAFETY: As above.
            Err(errno) if errno == code::EACCES.to_errno() => unsafe {
                lookup_unchecked::Answer::call(name.0, self.as_ptr())
            },
            found => found,
        };
        let found = found.map_err(from_negative)?;
        // SAFETY: On success the lookup returns a dentry, never null, with a reference that is
        // ours.
        Ok(unsafe { ARef::from_raw(NonNull::new_unchecked(found.cast())) })
    }
}

/// The name of one entry of a directory (`struct qstr`).
#[derive(Clone, Copy)]
pub(crate) struct Name<'a>(&'a bindings::qstr);

impl<'a> Name<'a> {
    /// # Safety
    ///
    /// `name` and the bytes that it points to are valid and unchanged for `'a`.
    pub(in crate::compat) unsafe fn from_raw(name: *const bindings::qstr) -> Self {
        // SAFETY: The safety requirements of this function ensure that `name` is valid and
        // unchanged for `'a`.
        Self(unsafe { &*name })
    }

    /// The C structure.
    pub(in crate::compat) fn as_raw(&self) -> &'a bindings::qstr {
        self.0
    }
}

/// Flags of a path walk (`LOOKUP_*`), outside of RCU walk.
///
/// # Invariants
///
/// `LOOKUP_RCU` is clear. The type for RCU walk is [`super::ops::RcuWalkStep`].
#[derive(Clone, Copy)]
pub(crate) struct LookupFlags(c_uint);

impl LookupFlags {
    /// `None` if the bits are those of RCU walk.
    pub(in crate::compat) fn new(bits: c_uint) -> Option<Self> {
        // INVARIANT: The condition checks that `LOOKUP_RCU` is clear.
        (bits & bindings::LOOKUP_RCU as c_uint == 0).then_some(Self(bits))
    }

    /// The `LOOKUP_*` bits.
    pub(in crate::compat) fn bits(self) -> c_uint {
        self.0
    }
}
