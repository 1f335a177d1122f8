// SPDX-License-Identifier: GPL-2.0

//! The place of an upper directory, for walks that begin in it.
//!
//! A walk revalidates each name that it follows, but not the directory that it begins in. If that one
//! was moved below, its `..` still leads to the old parent. The one hook that the VFS has there is
//! `permission`, which gets the inode. So an upper directory's inode knows its dentry, and
//! `permission` asks that whether it is in sync; if not, the names that the lower directory has now
//! are looked up from the root on, which moves the upper dentry to its place.

use core::{
    ptr::{self, addr_of, addr_of_mut, NonNull},
    sync::atomic::{AtomicPtr, Ordering},
};

use crate::compat::{
    aref::ARef,
    dentry::{Dentry, Name},
    error::{code, from_negative, Result},
    inode::Inode,
    shims::lookup_one::{self, LookupOne},
    upper::Upper,
};

/// How many steps upwards one search for a place may take: enough for a directory 360 levels deep.
///
/// There is no limit to depth, each level is searched from the bottom, and whoever may rename below could
/// otherwise keep a system call in here for as long as they like.
const MAX_STEPS: u32 = 1 << 16;

impl Upper<Inode> {
    /// `i_version`, which this layer does not count versions in: the dentry of a directory, or null if
    /// it is not known.
    ///
    /// The dentry is not counted. Whoever reads it under the RCU read lock while the inode has a dentry
    /// finds null, that dentry, or one that a lookup is about to offer in its place: a lookup writes
    /// here before it puts its dentry into the cache, and again, before it lets go of its dentry, if
    /// another one is used.
    fn alias_cell(&self) -> &AtomicPtr<bindings::dentry> {
        // SAFETY: `self` is valid, the member is aligned, and has at least the size of a pointer. The VFS
        // reads it only for filesystems that say so, and all accesses here go through this function.
        unsafe { AtomicPtr::from_ptr(addr_of_mut!((*self.as_ptr()).i_version).cast()) }
    }

    /// Notes that `dentry` is, or is about to become, the dentry of this directory; null if that is not
    /// known. The caller keeps the dentry until it is in the cache, or until it has called this again.
    pub(in crate::compat) fn set_alias(&self, dentry: *mut bindings::dentry) {
        self.alias_cell().store(dentry, Ordering::Release);
    }

    /// The dentry of this directory, if it has one.
    pub(in crate::compat) fn alias(&self) -> Option<ARef<Upper<Dentry>>> {
        // SAFETY: `self` is valid.
        let alias = NonNull::new(unsafe { bindings::d_find_any_alias(self.as_ptr()) })?;
        // SAFETY: The call has counted the dentry, which is of an upper superblock.
        Some(unsafe { ARef::from_raw(alias.cast()) })
    }

    /// Whether nothing has happened to the lower directory since this one was last seen in its place.
    /// The caller holds the RCU read lock, and got here by a dentry of this directory.
    pub(in crate::compat) fn is_place_unchanged(&self) -> bool {
        let alias = self.alias_cell().load(Ordering::Acquire);
        !alias.is_null() && {
            // SAFETY: As [`Self::alias_cell`] says, the RCU read lock keeps the dentry.
            let alias = unsafe { Upper::<Dentry>::from_raw(alias) };
            alias.is_root() || alias.is_unchanged()
        }
    }

    /// Moves the dentry of this directory to the place that the lower directory has now, if it is at
    /// another. May sleep.
    ///
    /// Where that cannot be, because the caller may not search a directory on the way, because the
    /// lower directory is no longer under the root, or because somebody holds this directory's lock,
    /// who may be the caller, the dentry stays where it is.
    pub(crate) fn follow_lower_place(&self) {
        let Some(alias) = self.alias() else { return };
        self.set_alias(alias.as_ptr());
        // SAFETY: `self` is valid.
        let is_locked = || unsafe { bindings::inode_is_locked(self.as_ptr()) != 0 };
        if alias.is_root() || alias.sync() || !alias.lower().is_hashed() || is_locked() {
            return;
        }
        // The lookups ask for permission, and come back here.
        let Some(_mover) = PlaceUpdate::enter() else {
            return;
        };
        // If a name on the way changes meanwhile, the next walk tries again.
        let _ = alias.look_up_again();
    }
}

/// How many tasks can look directories up again at once. Others leave it to their next walk.
const MOVERS: usize = 16;

/// The tasks that are looking a directory up again.
static MOVING: [AtomicPtr<bindings::task_struct>; MOVERS] = {
    // Each use of the constant is a slot of its own.
    #[allow(clippy::declare_interior_mutable_const)]
    const FREE: AtomicPtr<bindings::task_struct> = AtomicPtr::new(ptr::null_mut());
    [FREE; MOVERS]
};

/// This task, as one that is looking a directory up again.
struct PlaceUpdate(&'static AtomicPtr<bindings::task_struct>);

impl PlaceUpdate {
    /// `None` if this task is one already, or if there are too many.
    fn enter() -> Option<Self> {
        // SAFETY: There is always a current task.
        let task = unsafe { bindings::shim_current() };
        // Only this task writes itself here.
        if MOVING
            .iter()
            .any(|slot| slot.load(Ordering::Relaxed) == task)
        {
            return None;
        }
        let take = |slot: &&AtomicPtr<_>| {
            let (free, order) = (ptr::null_mut(), Ordering::Relaxed);
            slot.compare_exchange(free, task, order, order).is_ok()
        };
        MOVING.iter().find(take).map(Self)
    }
}

impl Drop for PlaceUpdate {
    fn drop(&mut self) {
        self.0.store(ptr::null_mut(), Ordering::Relaxed);
    }
}

impl Upper<Dentry> {
    /// Whether it is the root of its superblock.
    fn is_root(&self) -> bool {
        // SAFETY: `self` is valid.
        unsafe { addr_of!((*self.as_ptr()).d_parent).read_volatile() == self.as_ptr() }
    }

    /// Looks the names of the lower dentry and of the directories above it up, from the root on. The
    /// last lookup finds the inode of this directory, and moves this dentry.
    ///
    /// Errors: `ENOENT` if the lower dentry is not under the lower root, or so deep that [`MAX_STEPS`] do
    /// not suffice, or a name on the way changes; what the lookups say.
    fn look_up_again(&self) -> Result {
        let goal = self.lower();
        let mut at = self.upper_super().root();
        let mut steps = 0..MAX_STEPS;
        while !ptr::eq(at.lower(), goal) {
            let below = goal
                .ancestor_in(at.lower(), &mut steps)
                .ok_or(code::ENOENT)?;
            let found = below.with_parent_and_name(|_, name| at.look_up(name))?;
            if found.upper_inode().is_none() || !ptr::eq(found.lower(), &*below) {
                return Err(code::ENOENT);
            }
            at = found;
        }
        Ok(())
    }

    /// Looks `name` up in this directory, as a path walk would.
    fn look_up(&self, name: Name<'_>) -> Result<ARef<Upper<Dentry>>> {
        // SAFETY: The superblock has no idmapped mounts, so that this is the idmap of all of them. The
        // directory is counted by the caller, and not locked by this task: it is above the one that
        // `follow_lower_place` was called for, and the VFS locks directories downwards.
        let found = unsafe {
            lookup_one::Answer::unlocked(bindings::shim_no_idmap(), name.as_raw(), self.as_ptr())
        };
        let found = found.map_err(from_negative)?;
        // SAFETY: The lookup returned a counted dentry of this superblock, never null.
        Ok(unsafe { ARef::from_raw(NonNull::new_unchecked(found.cast())) })
    }
}

impl Dentry {
    /// This dentry, or the one above it, that is an entry of `dir`; `None` if none is, or `steps` end.
    fn ancestor_in(
        &self,
        dir: &Dentry,
        steps: &mut impl Iterator<Item = u32>,
    ) -> Option<ARef<Dentry>> {
        let mut at = self.to_aref();
        loop {
            steps.next()?;
            let parent = at.with_parent_and_name(|parent, _| parent.to_aref());
            if ptr::eq(&*parent, dir) {
                return Some(at);
            }
            if ptr::eq(&*parent, &*at) {
                return None;
            }
            at = parent;
        }
    }
}
