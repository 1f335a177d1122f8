// SPDX-License-Identifier: GPL-2.0

//! Upper dentries: each knows its lower dentry, and when the two were last in sync.

use core::{
    ptr::{addr_of, addr_of_mut, NonNull},
    sync::atomic::{AtomicU64, Ordering},
};

use super::sync::{self, DentryPair};
use crate::compat::{
    aref::ARef,
    deferred,
    dentry::Dentry,
    inode::{Inode, Kind, SharedGuard},
    mount::Mount,
    path::Path,
    rcu,
    super_block::SuperBlock,
    upper::Upper,
};

impl Upper<Dentry> {
    /// The lower dentry.
    ///
    /// It does not change while the dentry is hashed or used. If the lower filesystem replaces its
    /// dentry, the two are out of sync, and the VFS looks the name up again.
    pub(crate) fn lower(&self) -> &Dentry {
        // SAFETY: By the type invariant `d_fsdata` points to the lower dentry once `set_lower` has
        // run. The lower dentry stays valid as long as `self`. The operations that receive a dentry
        // without a lower one (`lookup` and `tmpfile` of `ops::directory`) call this after
        // `set_lower`. A driver's lookup gets a `Lookup`, and its `tmpfile` a `TmpfileRequest`,
        // which do not lead to `self`. `release_lower_name` replaces the pointer of a dentry that
        // only RCU walks and it follow, so it is read once.
        unsafe { &*addr_of!((*self.as_ptr()).d_fsdata).read_volatile().cast() }
    }

    /// The inode of this name; `None` for a negative dentry.
    pub(crate) fn upper_inode(&self) -> Option<&Upper<Inode>> {
        // SAFETY: `self` is valid. Others may set `d_inode` at any time, so it is read once.
        let inode = unsafe { addr_of!((*self.as_ptr()).d_inode).read_volatile() };
        // SAFETY: The inode of an upper dentry belongs to the same, upper, superblock. A dentry
        // that is in use keeps its inode. Under the RCU read lock an inode that the dentry has just
        // given up is still valid, since inodes are freed by RCU.
        (!inode.is_null()).then(|| unsafe { Upper::from_raw(inode) })
    }

    /// The superblock.
    pub(crate) fn upper_super(&self) -> &Upper<SuperBlock> {
        // SAFETY: `self` is valid, and `d_sb` never changes. The superblock of an upper dentry is
        // an upper one by the type invariant, and outlives its dentries.
        unsafe { Upper::from_raw((*self.as_ptr()).d_sb) }
    }

    /// The lower mount.
    pub(crate) fn lower_mount(&self) -> &Mount {
        self.upper_super().lower_mount()
    }

    /// The lower dentry with its mount.
    pub(crate) fn lower_path(&self) -> Path<'_> {
        // SAFETY: By the type invariant the lower dentry belongs to the filesystem of the lower
        // mount.
        unsafe { Path::new(self.lower_mount(), self.lower()) }
    }

    /// The present parent.
    pub(in crate::compat) fn parent(&self) -> ARef<Upper<Dentry>> {
        // SAFETY: `self` is valid. The call returns a reference to the parent, never null.
        let parent = unsafe { NonNull::new_unchecked(bindings::dget_parent(self.as_ptr())) };
        // SAFETY: The reference is ours. The parent has the superblock of `self`, which is an upper
        // one.
        unsafe { ARef::from_raw(parent.cast()) }
    }

    /// Whether neither dentry has changed since the two were last seen in sync.
    ///
    /// This is three loads and a comparison. Every step of a path walk does it.
    pub(crate) fn is_unchanged(&self) -> bool {
        sync::is_unchanged(self)
    }

    /// Whether this dentry and its lower one have the same location in both trees, and the same
    /// file; see [`super::sync`]. May lock (shared) the inode of the lower directory of the parent,
    /// and sleep.
    pub(crate) fn is_in_sync(&self) -> bool {
        sync::is_in_sync(self)
    }

    /// Stores the verifier if the two dentries are in sync, so that the next walk need not compare.
    pub(in crate::compat) fn try_verify(&self) {
        sync::try_verify(self);
    }

    /// Sets the lower dentry of a dentry that has none.
    ///
    /// # Safety
    ///
    /// `d_fsdata` is null, and this task alone uses `self`: nobody else knows the dentry, or this
    /// task is looking it up. `lower` belongs to the filesystem of the lower mount.
    pub(in crate::compat) unsafe fn set_lower(&self, lower: ARef<Dentry>) {
        self.set_verifier(sync::UNVERIFIED);
        // A filesystem that drops an unused dentry finds out by a new lookup what others have done
        // to the name. A cached upper dentry would keep the lower one, for users of the lower
        // directory too. One that counts references would give a removed file a hidden name.
        let is_directory = lower
            .inode()
            .is_some_and(|inode| inode.kind() == Kind::Directory);
        // SAFETY: Both dentries are valid. The caller may sleep, and holds no `d_lock`.
        unsafe {
            if bindings::shim_drops_unused(lower.as_ptr()) || !is_directory && lower.counts_users()
            {
                bindings::shim_dont_cache(self.as_ptr());
            }
        }
        // INVARIANT: `d_fsdata` holds the reference to `lower` until `release`.
        // SAFETY: `self` is valid, and the safety requirements exclude other users of the member.
        unsafe { (*self.as_ptr()).d_fsdata = lower.into_raw().as_ptr().cast() };
    }

    /// Drops the reference to the lower dentry (`d_release`).
    ///
    /// # Safety
    ///
    /// The VFS is freeing `self`, and calls this once.
    pub(in crate::compat) unsafe fn release(&self) {
        // SAFETY: `self` is valid. Nobody writes `d_fsdata` of a dentry that is being freed.
        let lower = unsafe { (*self.as_ptr()).d_fsdata };
        let Some(lower) = NonNull::new(lower) else {
            // The dentry never got a lower one.
            return;
        };
        // SAFETY: By the type invariant `d_fsdata` holds a reference to the lower dentry. It is
        // taken over here, once by the safety requirements. The pointer stays in `d_fsdata`,
        // because a walk under the RCU read lock may still follow it: the lower dentry is freed by
        // RCU too.
        let lower = unsafe { ARef::<Dentry>::from_raw(lower.cast()) };
        lower.drop_if_orphaned();
        deferred::put_dentry(self.lower_mount(), lower);
    }

    /// Removes the dentry from the dentry cache, so that the next walk looks the name up.
    pub(in crate::compat) fn unhash(&self) {
        // SAFETY: `self` is valid.
        unsafe { bindings::d_drop(self.as_ptr()) };
    }

    /// `d_time`, which the VFS neither reads nor writes after the dentry's allocation.
    fn d_time(&self) -> &AtomicU64 {
        // An `unsigned long` has the size of a pointer.
        const ROOM: () = assert!(usize::BITS == u64::BITS, "d_time has no room for two d_seq");
        let () = ROOM;
        // SAFETY: `self` is valid. The member is 64 bits long and aligned. This function makes all
        // accesses to it, so all are atomic.
        unsafe { AtomicU64::from_ptr(addr_of_mut!((*self.as_ptr()).d_time).cast()) }
    }
}

impl DentryPair for Upper<Dentry> {
    type Guard = Option<LowerParentGuard>;

    fn lower_seq(&self) -> u32 {
        self.lower().sequence()
    }

    fn lower_changed(&self, seq: u32) -> bool {
        self.lower().has_changed(seq)
    }

    fn upper_seq(&self) -> u32 {
        self.sequence()
    }

    fn upper_changed(&self, seq: u32) -> bool {
        self.has_changed(seq)
    }

    fn matches_lower(&self) -> bool {
        let lower = self.lower();
        let same_inode = match (self.upper_inode(), lower.inode()) {
            (Some(upper), Some(lower)) => upper.has_lower(lower),
            (None, None) => true,
            _ => false,
        };
        same_inode
            && rcu::read(|| {
                // SAFETY: `self` is valid. Others may set `d_parent` at any time, so it is read
                // once.
                let parent = unsafe { addr_of!((*self.as_ptr()).d_parent).read_volatile() };
                // SAFETY: The parent of an upper dentry is an upper dentry whose lookup is over.
                // The RCU read lock, held since before `d_parent` was read, keeps it.
                let parent: &Self = unsafe { Self::from_raw(parent) };
                lower.is_hashed_in(parent.lower().as_ptr()) && lower.has_name_of(self)
            })
    }

    fn verifier(&self) -> u64 {
        self.d_time().load(Ordering::Relaxed)
    }

    fn set_verifier(&self, verifier: u64) {
        self.d_time().store(verifier, Ordering::Relaxed);
    }

    fn wait_for_changes(&self) {
        self.wait_for_change();
        self.lower().wait_for_change();
    }

    fn lock_lower_parent(&self) -> Option<LowerParentGuard> {
        LowerParentGuard::new(self)
    }
}

/// The `i_rwsem` of the lower directory of a dentry's parent, held shared.
///
/// # Invariants
///
/// `_lock` is the `i_rwsem` of the inode of the lower dentry of `_parent`.
pub(crate) struct LowerParentGuard {
    // Dropped in this order: first the lock, then the reference that keeps the locked inode.
    _lock: SharedGuard<'static>,
    _parent: ARef<Upper<Dentry>>,
}

impl LowerParentGuard {
    /// Locks the directory. Returns `None` if the lower parent is negative. That does not happen:
    /// the upper parent holds a reference to its lower dentry, a directory, which therefore stays
    /// positive. If it happened, the comparison without the lock would rightly find the two out of
    /// sync, because a negative dentry has no entries.
    fn new(dentry: &Upper<Dentry>) -> Option<Self> {
        let parent = dentry.parent();
        let inode: *const Inode = parent.lower().inode()?;
        // SAFETY: `parent` holds a reference to the upper parent, which holds one to its lower
        // dentry, which keeps its inode. The reference made here lives in `_lock` alone, and
        // `_lock` is dropped before `_parent`.
        let inode: &'static Inode = unsafe { &*inode };
        // INVARIANT: `inode` is the inode of the lower dentry of `parent`.
        Some(Self {
            _lock: inode.lock_shared(true).ok()?,
            _parent: parent,
        })
    }
}
