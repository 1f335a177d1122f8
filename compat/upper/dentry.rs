// SPDX-License-Identifier: GPL-2.0

//! Upper dentries: each knows its lower one, and when it last agreed with it.

use core::{
    ops::Deref,
    ptr::{addr_of_mut, NonNull},
    sync::atomic::{AtomicUsize, Ordering},
};

use crate::compat::{
    counted::Counted,
    dentry::{Dentry, Name},
    dirop::LowerEntry,
    error::Result,
    inode::{Inode, Kind},
    mount::Mount,
    ops::Tables,
    path::Path,
    raw::from_err_ptr,
    super_block::SuperBlock,
    upper::Upper,
};

/// No lower dentry has this sequence number: those are even.
const NEVER_AGREED: usize = 1;

/// Nor this one: the entry is being changed from above, lower layer first.
const CHANGING: usize = 3;

impl Upper<Dentry> {
    /// The dentry behind this one.
    ///
    /// It never changes: where the lower filesystem puts another in its place, this one no longer
    /// agrees with it and is looked up anew.
    pub(crate) fn lower(&self) -> &Dentry {
        // SAFETY: By the type invariant `d_fsdata` is a lower dentry, kept as long as `self`, once
        // the VFS hands `self` to an operation that is not its lookup; lookup gets an [`Entry`] and
        // does not call this before `bind`.
        unsafe { &*(*self.as_ptr()).d_fsdata.cast() }
    }

    /// The inode that the name stands for; `None` of a negative dentry.
    pub(crate) fn upper_inode(&self) -> Option<&Upper<Inode>> {
        self.inode()
            // SAFETY: The inode of an upper dentry is an upper one, and kept as long as `self` is.
            .map(|inode| unsafe { Upper::from_raw(inode.as_ptr()) })
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
        Path::new(self.lower_mount(), self.lower())
    }

    /// The parent at this moment.
    pub(crate) fn parent(&self) -> Counted<Upper<Dentry>> {
        // SAFETY: `self` is valid, and its parent is a dentry of the same superblock.
        unsafe {
            let parent = bindings::dget_parent(self.as_ptr());
            Counted::from_raw(NonNull::new_unchecked(parent.cast()))
        }
    }

    /// `d_time`, which holds the lower dentry's sequence number when both last agreed.
    fn agreed(&self) -> &AtomicUsize {
        // SAFETY: `self` is valid, and nobody uses the member in any other way.
        unsafe { AtomicUsize::from_ptr(addr_of_mut!((*self.as_ptr()).d_time)) }
    }

    /// Nothing has happened to the lower dentry since both were seen to agree.
    ///
    /// Two loads and a comparison: this is what each step of a path walk costs.
    pub(crate) fn still_agrees(&self) -> bool {
        self.lower().sequence() == self.agreed().load(Ordering::Relaxed)
    }

    /// Compares this dentry, as the entry `name` of `parent`, with its lower one, and remembers if
    /// they agree.
    pub(crate) fn agrees(&self, parent: &Upper<Dentry>, name: Name<'_>) -> bool {
        let lower = self.lower();
        let before = self.agreed().load(Ordering::Relaxed);
        let sequence = lower.sequence();
        let same_inode = match (self.upper_inode(), lower.inode()) {
            (Some(upper), Some(lower)) => upper.stands_for(lower),
            (None, None) => true,
            _ => false,
        };
        let agrees =
            same_inode && lower.is_entry(parent.lower(), name) && lower.sequence() == sequence;
        if agrees {
            // If a change from above has begun since, its mark stays.
            let _ = self.agreed().compare_exchange(
                before,
                sequence,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
        }
        agrees
    }

    /// Whether the two disagree because a change from above has reached only the lower one.
    ///
    /// Whoever changes an entry from above holds the lock of its directory until the upper dentry has
    /// followed.
    pub(crate) fn is_changing(&self, parent: &Upper<Dentry>) -> bool {
        self.agreed().load(Ordering::Relaxed) == CHANGING
            && parent.inode().is_some_and(Inode::is_locked)
    }

    /// Puts `lower` behind a dentry that has none yet.
    ///
    /// # Safety
    ///
    /// Nobody else can see `self`, or its lookup is going on in this task; `d_fsdata` is null.
    pub(in crate::compat) unsafe fn bind(&self, lower: Counted<Dentry>) {
        self.agreed().store(NEVER_AGREED, Ordering::Relaxed);
        // SAFETY: By the contract of this function. The count stays until `release`.
        unsafe { (*self.as_ptr()).d_fsdata = lower.into_raw().as_ptr().cast() };
    }

    /// Lets go of the lower dentry, as the last thing a dentry does.
    ///
    /// # Safety
    ///
    /// The VFS is freeing `self`, and calls this once.
    pub(in crate::compat) unsafe fn release(&self) {
        // SAFETY: By the contract of this function. `d_fsdata` stays as it is, because a walk under
        // RCU may still read it; what it points to is freed by RCU too. `dput()` ignores null, which
        // a dentry has whose lookup failed.
        unsafe { bindings::dput((*self.as_ptr()).d_fsdata.cast()) };
    }

    /// Takes the dentry out of the cache, so that the next walk looks it up.
    pub(in crate::compat) fn unhash(&self) {
        // SAFETY: `self` is valid.
        unsafe { bindings::d_drop(self.as_ptr()) };
    }
}

/// A dentry whose place is settled: its parent is locked, or it is being looked up in it.
///
/// # Invariants
///
/// `d_parent` and `d_name` do not change while the value lives.
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

    /// The name of the entry.
    pub(crate) fn name(&self) -> Name<'a> {
        // SAFETY: By the type invariant the name does not change.
        unsafe { Name::from_raw(bindings::shim_d_name(self.0.as_ptr())) }
    }

    /// Notes that the entry is about to be changed, below first.
    ///
    /// A walk that comes by meanwhile, and takes no lock, must not take the dentry out of the cache:
    /// it would show an open file as deleted, and take away what is mounted in a directory.
    pub(in crate::compat) fn begin_change(&self) {
        self.agreed().store(CHANGING, Ordering::Relaxed);
    }

    /// Notes that the change is over, or has failed, and that nobody has compared the two since.
    pub(in crate::compat) fn end_change(&self) {
        self.agreed().store(NEVER_AGREED, Ordering::Relaxed);
    }

    /// Makes the entry positive, after the lower filesystem has made its own so.
    ///
    /// Where the lower dentry did not become positive, or another took its place, the entry leaves
    /// the cache: the next lookup finds what is there.
    pub(in crate::compat) fn instantiate<T: Tables>(&self) -> Result {
        let lower = self.lower();
        let Some(lower_inode) = lower.inode() else {
            self.unhash();
            return Ok(());
        };
        let inode = match Upper::<Inode>::of::<T>(self.upper_super(), lower_inode) {
            Ok(inode) => inode,
            Err(error) => {
                self.unhash();
                return Err(error);
            }
        };
        // A hard link finds an inode whose link count has just changed.
        inode.refresh();
        let is_directory = inode.kind() == Kind::Directory;
        let inode = inode.into_raw().as_ptr().cast();
        if is_directory {
            // Somebody may have moved the new directory below, and found it there from above: a
            // directory must not get a second dentry by this.
            self.unhash();
            // SAFETY: The entry is negative and unhashed, its directory is locked, and the count on
            // the inode goes with it.
            let other = unsafe { bindings::d_splice_alias(inode, self.as_ptr()) };
            // What came back instead is counted for us; an error is not.
            if let Ok(other) = from_err_ptr(other) {
                // SAFETY: Counted, or null, which is ignored.
                unsafe { bindings::dput(other) };
            }
        } else {
            // SAFETY: The entry is negative, its directory is locked, and the count on the inode goes
            // with it.
            unsafe { bindings::d_instantiate(self.as_ptr(), inode) };
        }
        self.agrees(self.parent(), self.name());
        Ok(())
    }

    /// The lower entry behind this one.
    pub(crate) fn lower_entry(&self) -> LowerEntry<'a> {
        // SAFETY: A directory that something was looked up in is positive, and so is the lower one
        // behind it; both lower dentries are counted by the upper ones.
        unsafe { LowerEntry::new(self.parent().lower(), self.0.lower()) }
    }
}

impl Deref for Entry<'_> {
    type Target = Upper<Dentry>;

    fn deref(&self) -> &Upper<Dentry> {
        self.0
    }
}
