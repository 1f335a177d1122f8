// SPDX-License-Identifier: GPL-2.0

//! Upper dentries: each knows its lower one, and when the two were last in sync.

use core::{
    ops::Deref,
    ptr::{addr_of, addr_of_mut, NonNull},
    sync::atomic::{AtomicU64, Ordering},
};

use super::sync::{self, Pair};
use crate::compat::{
    aref::ARef,
    deferred,
    dentry::{Dentry, Name},
    error::{code, from_negative, Result},
    inode::{Inode, Kind, SharedGuard},
    mount::Mount,
    path::Path,
    raw::from_err_ptr,
    rcu,
    super_block::SuperBlock,
    tables::Tables,
    upper::Upper,
};

impl Upper<Dentry> {
    /// The dentry behind this one.
    ///
    /// It never changes. If the lower filesystem puts another in its place, the two are out of sync,
    /// and the name is looked up anew.
    pub(crate) fn lower(&self) -> &Dentry {
        // SAFETY: By the type invariant `d_fsdata` is a lower dentry, kept as long as `self`, once
        // the VFS hands `self` to an operation that is not its lookup; lookup gets an [`Entry`] and
        // does not call this before `bind`.
        unsafe { &*(*self.as_ptr()).d_fsdata.cast() }
    }

    /// The inode that the name stands for; `None` of a negative dentry.
    pub(crate) fn upper_inode(&self) -> Option<&Upper<Inode>> {
        // SAFETY: `self` is valid, and `d_inode` may be set at any time. The inode of an upper dentry is
        // an upper one, and is kept, or at the end freed by RCU, with it.
        unsafe {
            let inode = addr_of!((*self.as_ptr()).d_inode).read_volatile();
            (!inode.is_null()).then(|| Upper::from_raw(inode))
        }
    }

    /// The superblock.
    pub(crate) fn upper_super(&self) -> &Upper<SuperBlock> {
        // SAFETY: The superblock of an upper dentry is an upper one, and outlives it.
        unsafe { Upper::from_raw((*self.as_ptr()).d_sb) }
    }

    /// The mount that everything below is reached by.
    pub(crate) fn lower_mount(&self) -> &Mount {
        self.upper_super().lower_mount()
    }

    /// The lower dentry with its mount.
    pub(crate) fn lower_path(&self) -> Path<'_> {
        // SAFETY: By the type invariant the lower dentry belongs to the lower mount's filesystem.
        unsafe { Path::new(self.lower_mount(), self.lower()) }
    }

    /// The parent at this moment.
    pub(in crate::compat) fn parent(&self) -> ARef<Upper<Dentry>> {
        // SAFETY: `self` is valid, and its parent is a dentry of the same superblock.
        unsafe {
            let parent = bindings::dget_parent(self.as_ptr());
            ARef::from_raw(NonNull::new_unchecked(parent.cast()))
        }
    }

    /// Whether nothing has happened to either dentry since the two were last seen in sync.
    ///
    /// Three loads and a comparison: this is what each step of a path walk costs.
    pub(crate) fn is_unchanged(&self) -> bool {
        sync::is_unchanged(self)
    }

    /// Whether this dentry and its lower one have the same place in both trees, and the same file;
    /// see [`super::sync`]. May lock the lower parent's inode shared, and sleep.
    pub(crate) fn sync(&self) -> bool {
        sync::sync(self)
    }

    /// Puts `lower` behind a dentry that has none yet.
    ///
    /// # Safety
    ///
    /// Nobody else can see `self`, or its lookup is going on in this task; `d_fsdata` is null. `lower`
    /// belongs to the filesystem of the lower mount.
    pub(in crate::compat) unsafe fn bind(&self, lower: ARef<Dentry>) {
        self.remember(sync::NEVER);
        // SAFETY: By the contract of this function. The count stays until `release`.
        unsafe { (*self.as_ptr()).d_fsdata = lower.into_raw().as_ptr().cast() };
    }

    /// Lets go of the lower dentry, as the last thing a dentry does.
    ///
    /// # Safety
    ///
    /// The VFS is freeing `self`, and calls this once.
    pub(in crate::compat) unsafe fn release(&self) {
        // SAFETY: `self` is valid. Nobody writes `d_fsdata` after `bind`, and a dentry whose lookup
        // failed has null there.
        let Some(lower) = (unsafe { NonNull::new((*self.as_ptr()).d_fsdata) }) else {
            return;
        };
        // SAFETY: `bind` has left one count on the lower dentry to `self`, which is freed only once.
        // `d_fsdata` stays as it is, because a walk under RCU may still read it; what it points to is
        // freed by RCU too.
        let lower = unsafe { ARef::<Dentry>::from_raw(lower.cast()) };
        lower.drop_if_orphaned();
        deferred::put_dentry(self.lower_mount(), lower);
    }

    /// Takes the dentry out of the cache, so that the next walk looks it up.
    pub(in crate::compat) fn unhash(&self) {
        // SAFETY: `self` is valid.
        unsafe { bindings::d_drop(self.as_ptr()) };
    }
}

impl Pair for Upper<Dentry> {
    type Locked = Option<LockedParent>;

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
                // SAFETY: `self` is valid. The parent that it has at this moment is an upper dentry,
                // and the RCU read lock keeps it and what `d_fsdata` points to.
                let parent = unsafe {
                    let parent = addr_of!((*self.as_ptr()).d_parent).read_volatile();
                    Self::from_raw(parent).lower().as_ptr()
                };
                lower.is_hashed_in(parent) && lower.has_name_of(self)
            })
    }

    fn remembered(&self) -> u64 {
        self.d_time().load(Ordering::Relaxed)
    }

    fn remember(&self, number: u64) {
        self.d_time().store(number, Ordering::Relaxed);
    }

    fn wait(&self) {
        self.wait_for_change();
        self.lower().wait_for_change();
    }

    fn lock_lower_parent(&self) -> Option<LockedParent> {
        LockedParent::of(self)
    }
}

impl Upper<Dentry> {
    /// `d_time`, which no part of the VFS reads or writes.
    fn d_time(&self) -> &AtomicU64 {
        // A pointer is as large as `unsigned long`.
        const ROOM: () = assert!(usize::BITS == u64::BITS, "d_time has no room for two d_seq");
        let () = ROOM;
        // SAFETY: `self` is valid, the member is aligned and 64 bits long, and all accesses but its
        // initialisation go through this function.
        unsafe { AtomicU64::from_ptr(addr_of_mut!((*self.as_ptr()).d_time).cast()) }
    }
}

/// The directory behind a dentry's parent, locked shared.
///
/// # Invariants
///
/// `_lock` borrows from the dentry that `_parent` counts, and is dropped first.
pub(crate) struct LockedParent {
    _lock: SharedGuard<'static>,
    _parent: ARef<Upper<Dentry>>,
}

impl LockedParent {
    /// `None` if the parent has no lower inode, which only the parent of a root that is going away
    /// lacks.
    fn of(dentry: &Upper<Dentry>) -> Option<Self> {
        let parent = dentry.parent();
        let inode: *const Inode = parent.lower().inode()?;
        // SAFETY: The lower inode is kept by the lower dentry, and that by the upper parent, which
        // this value counts until after the lock is dropped.
        let inode: &'static Inode = unsafe { &*inode };
        // INVARIANT: The fields are dropped in the order of their declaration.
        Some(Self {
            _lock: inode.lock_shared(true).ok()?,
            _parent: parent,
        })
    }
}

/// A dentry whose place is settled: its parent is locked, or it is being looked up in it.
///
/// # Invariants
///
/// `d_parent` and `d_name` do not change while the value lives, but by [`Entry::follow_renaming`], after
/// which neither is read.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a>(&'a Upper<Dentry>);

impl<'a> Entry<'a> {
    /// # Safety
    ///
    /// `dentry` is an upper dentry, valid for `'a`, and for as long its parent's `i_rwsem` is held
    /// exclusively, or it is in lookup.
    pub(in crate::compat) unsafe fn from_raw(dentry: *mut bindings::dentry) -> Self {
        // SAFETY: By the contract of this function.
        // INVARIANT: Likewise; nothing is moved into or out of a locked directory.
        Self(unsafe { Upper::from_raw(dentry) })
    }

    /// The directory that the entry is in.
    pub(crate) fn parent(&self) -> &'a Upper<Dentry> {
        // SAFETY: By the type invariant the parent stays, kept by its child.
        unsafe { Upper::from_raw((*self.0.as_ptr()).d_parent) }
    }

    /// The mount that the lower directory is reached by.
    pub(crate) fn lower_mount(&self) -> &'a Mount {
        self.0.lower_mount()
    }

    /// The name of the entry.
    pub(crate) fn name(&self) -> Name<'a> {
        // SAFETY: By the type invariant the name does not change.
        unsafe { Name::from_raw(bindings::shim_d_name(self.0.as_ptr())) }
    }

    /// Lets the entry follow after `lower` was made below, while the lower directory is locked.
    ///
    /// The entry leaves the cache if it cannot become positive: because `lower` is not the dentry
    /// behind it, or because the lower filesystem leaves its dentry to the next lookup.
    ///
    /// Errors: `ENOMEM`; the entry leaves the cache then as well, and the next lookup finds what is
    /// there.
    pub(in crate::compat) fn follow_making<T: Tables>(
        &self,
        lower: *mut bindings::dentry,
    ) -> Result {
        let made = self.lower().inode().filter(|_| {
            let own = self.lower();
            lower == own.as_ptr() && own.is_hashed()
        });
        let Some(made) = made else {
            self.unhash();
            return Ok(());
        };
        let inode = Upper::<Inode>::of::<T>(self.upper_super(), made).inspect_err(|_| {
            self.unhash();
        })?;
        // A hard link finds an inode whose link count has just changed.
        inode.refresh();
        self.instantiate(inode);
        self.sync_after_lookup();
        Ok(())
    }

    /// Puts the entry into the cache with `inode`. Returns the dentry that takes its place, counted; null
    /// if none does. The entry is in lookup, or unhashed, negative, and in a locked directory.
    ///
    /// Errors: `ESTALE` if a dentry of the directory cannot be moved here now.
    pub(in crate::compat) fn splice(
        &self,
        inode: ARef<Upper<Inode>>,
    ) -> Result<*mut bindings::dentry> {
        if inode.kind() != Kind::Directory {
            let inode = inode.into_raw().as_ptr().cast();
            // SAFETY: The dentry is new, and the count on the inode goes with it.
            return from_err_ptr(unsafe { bindings::d_splice_alias(inode, self.as_ptr()) })
                .map_err(from_negative);
        }
        inode.set_alias(self.as_ptr());
        let count = inode.to_aref().into_raw().as_ptr().cast();
        // SAFETY: The dentry is new, and the count on the inode goes with it, also on failure.
        let spliced = from_err_ptr(unsafe { bindings::d_splice_alias(count, self.as_ptr()) });
        match spliced {
            Ok(other) if other.is_null() => {}
            // ARef by the call, so that the dentry stays until this is written.
            Ok(other) => inode.set_alias(other),
            Err(_) => inode.set_alias(core::ptr::null_mut()),
        }
        spliced.map_err(from_negative)
    }

    /// Remembers that the two are in sync, if they still are, so that the next walk need not compare.
    pub(in crate::compat) fn sync_after_lookup(&self) {
        sync::try_sync(&**self);
    }

    /// Gives the negative entry `inode`.
    fn instantiate(&self, inode: ARef<Upper<Inode>>) {
        if inode.kind() != Kind::Directory {
            let inode = inode.into_raw().as_ptr().cast();
            // SAFETY: The entry is negative, its directory is locked, and the count on the inode goes
            // with it.
            unsafe { bindings::d_instantiate(self.as_ptr(), inode) };
            return;
        }
        // A lookup from above may have found the new directory already, by a name that it was given
        // below. A directory must have one dentry: `d_splice_alias()` moves that one here.
        self.unhash();
        // On failure the entry stays out of the cache.
        if let Ok(other) = self.splice(inode) {
            // SAFETY: What takes the place of the entry is counted for us; null is ignored.
            unsafe { bindings::dput(other) };
        }
    }

    /// Lets the entry follow after `lower` was removed below, while the lower directory is locked.
    pub(in crate::compat) fn follow_removing(&self, lower: *mut bindings::dentry) {
        // A cached upper dentry would keep the lower inode, and its disk space, alive.
        self.unhash();
        self.unhash_inode_of_other(lower);
    }

    /// Lets both entries follow after `lower_old` was renamed below to the place that `lower_new`
    /// had, while both lower directories are locked.
    ///
    /// `spares` have the places of the two if they are exchanged.
    pub(in crate::compat) fn follow_renaming(
        &self,
        new: Entry<'_>,
        spares: Option<&(Placeholder, Placeholder)>,
        lower_old: *mut bindings::dentry,
        lower_new: *mut bindings::dentry,
    ) {
        let moved = lower_old == self.lower().as_ptr() && {
            let lower = self.lower();
            // Two names of one file are not renamed, and the call succeeds.
            lower.is_hashed_in(new.parent().lower().as_ptr())
                && rcu::read(|| lower.has_name_of(&new))
        };
        let exchanged = spares.is_some() && lower_new == new.lower().as_ptr();
        if lower_old == self.lower().as_ptr() && !moved {
            return;
        }
        new.unhash_inode_of_other(lower_new);
        if !moved || (spares.is_some() && !exchanged) {
            self.unhash();
            new.unhash();
            return;
        }
        let (mut own_place, mut new_place) = (new.as_ptr(), core::ptr::null_mut());
        if let Some((own, other)) = spares {
            // Neither is out of the cache at any moment, where getcwd(2) would take it for removed. For
            // a moment both have one name; a walk that finds the wrong one waits for the lower lock.
            (own_place, new_place) = (other.0.as_ptr(), own.0.as_ptr());
        }
        // SAFETY: Both directories, and `s_vfs_rename_mutex` if they are two, are locked by the VFS,
        // which leaves the moving to the filesystem (`FS_RENAME_DOES_D_MOVE`). What is moved is
        // positive; a spare dentry is counted, and was never hashed.
        unsafe {
            if !new_place.is_null() {
                bindings::d_move(new.as_ptr(), new_place);
            }
            bindings::d_move(self.as_ptr(), own_place);
        }
    }

    /// If the change was made to another directory than the one that the entry stands for, the VFS
    /// marks the wrong upper inode as dead (`S_DEAD`). It is given up, so that the lower directory gets
    /// a new one at the next lookup.
    fn unhash_inode_of_other(&self, lower: *mut bindings::dentry) {
        let inode = self
            .upper_inode()
            .filter(|inode| inode.kind() == Kind::Directory);
        if let Some(inode) = inode.filter(|_| lower != self.lower().as_ptr()) {
            inode.unhash();
        }
    }

    /// A dentry without inode, never hashed, that has the place of this entry.
    ///
    /// Errors: `ENOMEM`.
    pub(in crate::compat) fn placeholder(&self) -> Result<Placeholder> {
        // SAFETY: Parent and name stay while the value lives.
        let spare = unsafe {
            bindings::d_alloc(
                self.parent().as_ptr(),
                bindings::shim_d_name(self.0.as_ptr()),
            )
        };
        let spare = NonNull::new(spare).ok_or(code::ENOMEM)?;
        // SAFETY: The new dentry is counted for us.
        Ok(Placeholder(unsafe { ARef::from_raw(spare.cast()) }))
    }
}

/// A dentry that holds a place in the tree for another one to be moved to.
pub(in crate::compat) struct Placeholder(ARef<Dentry>);

impl Deref for Entry<'_> {
    type Target = Upper<Dentry>;

    fn deref(&self) -> &Upper<Dentry> {
        self.0
    }
}
