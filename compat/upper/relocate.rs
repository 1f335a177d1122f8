// SPDX-License-Identifier: GPL-2.0

//! Upper directories in which a path walk begins, and whose lower directory was moved in the lower
//! filesystem.
//!
//! A walk revalidates each name that it looks up. It revalidates neither the dentry that it begins
//! in nor the one that `..` leads to. If the lower directory of such a dentry was moved, its `..`
//! still leads to the old parent. The only operation that the VFS calls there is `permission`,
//! which gets the inode. So an upper directory's inode knows its dentry, and `permission` checks
//! whether the dentry is in sync. If it is not, the names on the present path of the lower
//! directory are looked up from the root on. The last lookup moves the upper dentry.

use core::{
    ptr::{self, addr_of, addr_of_mut, NonNull},
    sync::atomic::{AtomicPtr, Ordering},
};

use crate::compat::{
    aref::ARef,
    dentry::{Dentry, Name},
    error::{code, from_negative, Result},
    idmap::CallerIdmap,
    inode::{AccessMask, Inode, Kind},
    rcu,
    shims::lookup_one::{self, LookupOne},
    super_block::SuperBlock,
    upper::Upper,
};

/// How many steps towards the root one relocation may take: enough for a directory 360 levels deep.
///
/// Each level is found by walking up from the target, so n levels take n(n+1)/2 steps. A tree has
/// no greatest depth, and a user who keeps renaming directories below could hold a system call here
/// forever.
const MAX_STEPS: u32 = 1 << 16;

impl Upper<Inode> {
    /// The dentry of a directory, or null if it is not known; stored in `i_version`, which this
    /// layer does not use for versions.
    ///
    /// This pointer holds no reference. It is null in a new inode. A task that has found or made
    /// the directory's dentry stores it here, while it holds a reference to the dentry. The VFS
    /// takes the inode from a dentry only after the last reference to the dentry is gone, or while
    /// the caller has the only one (`d_delete()`), and then calls `d_iput`, which resets the
    /// pointer ([`Self::forget_alias`]). The dentry is freed an RCU grace period later. So a reader
    /// that holds the RCU read lock finds null or a dentry that is valid until it releases the
    /// lock.
    ///
    /// Each dentry that is stored here has its lower dentry: `set_lower` has run.
    fn alias_ptr(&self) -> &AtomicPtr<bindings::dentry> {
        // SAFETY: `self` is valid. The member is aligned and at least as large as a pointer. The
        // VFS uses it only with `SB_I_VERSION`, which upper superblocks never have. All accesses of
        // this layer go through this function, so all are atomic.
        unsafe { AtomicPtr::from_ptr(addr_of_mut!((*self.as_ptr()).i_version).cast()) }
    }

    /// Says that the dentry of this directory, which is new, is not known.
    pub(in crate::compat) fn init_alias(&self) {
        self.alias_ptr().store(ptr::null_mut(), Ordering::Relaxed);
    }

    /// Resets the pointer if it is `dentry`, from which the VFS has taken this inode.
    pub(in crate::compat) fn forget_alias(&self, dentry: *mut bindings::dentry) {
        // A failure means that the pointer is null, or another dentry.
        let _ = self.alias_ptr().compare_exchange(
            dentry,
            ptr::null_mut(),
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
    }

    /// Stores the dentry of this directory.
    ///
    /// # Safety
    ///
    /// `dentry` has this inode and its lower dentry, and the caller holds a reference to it.
    pub(in crate::compat) unsafe fn set_alias(&self, dentry: *mut bindings::dentry) {
        self.alias_ptr().store(dentry, Ordering::Release);
    }

    /// The dentry of this directory, if it has one.
    pub(in crate::compat) fn alias(&self) -> Option<ARef<Upper<Dentry>>> {
        // SAFETY: `self` is valid.
        let alias = NonNull::new(unsafe { bindings::d_find_any_alias(self.as_ptr()) })?;
        // SAFETY: The call has returned a reference, which is ours. The dentry has the superblock
        // of its inode, an upper one.
        Some(unsafe { ARef::from_raw(alias.cast()) })
    }

    /// Whether the dentry of this directory and its lower dentry are unchanged; true if this is no
    /// directory.
    ///
    /// # Safety
    ///
    /// The caller holds the RCU read lock, and this inode had a dentry after the lock was taken.
    #[inline]
    pub(in crate::compat) unsafe fn is_location_unchanged(&self) -> bool {
        let alias = self.alias_ptr().load(Ordering::Acquire);
        if alias.is_null() {
            return self.kind() != Kind::Directory;
        }
        // SAFETY: The safety requirements of this function ensure that the pointer was valid after
        // the caller took the RCU read lock, see `alias_ptr`. Dentries are freed by RCU.
        let alias = unsafe { Upper::<Dentry>::from_raw(alias) };
        alias.is_unchanged() || alias.is_root()
    }

    /// Moves the dentry of this directory to the location of the lower directory, if that has
    /// moved. May sleep. For `permission` alone, when the VFS asks whether the directory may be
    /// searched.
    ///
    /// The dentry stays where it is if the caller may not search a directory on the way; if the
    /// lower directory is no longer under the lower root, or so deep that [`MAX_STEPS`] do not
    /// suffice; if a name on the way changes meanwhile; if all slots of [`RELOCATING_TASKS`] are
    /// taken; or if some task, maybe the caller, holds the `i_rwsem` of this directory or of its
    /// parent. A task that holds one of them must not lock an ancestor, and this function cannot
    /// tell which task holds it.
    pub(crate) fn relocate_if_moved_below(&self, mask: AccessMask<'_>) {
        let Some(alias) = self.alias() else { return };
        // The pointer is null if the task that spliced the dentry has not stored it yet. Then every
        // walk in RCU mode would end here.
        // SAFETY: `alias` is a dentry of this inode, and the reference to it is ours. It was looked
        // up, or is the root, so it has its lower dentry.
        unsafe { self.set_alias(alias.as_ptr()) };
        // SAFETY: `self` is valid.
        let is_locked = || unsafe { bindings::inode_is_locked(self.as_ptr()) != 0 };
        if alias.is_root()
            || alias.is_in_sync()
            || !alias.lower().is_hashed()
            || is_locked()
            || alias.is_parent_locked()
        {
            return;
        }
        // The lookups check permissions, and so call this function again. The slot ends that
        // recursion.
        let Some(_relocation) = Relocation::begin() else {
            return;
        };
        // If a name on the way changes meanwhile, the next walk tries again. SAFETY: The caller of
        // `permission`, a path walk or a filesystem stacked on this one, holds a reference to a
        // mount of this superblock. The conditions above ensure that this task may lock
        // directories.
        let _ = unsafe {
            alias
                .upper_super()
                .look_up_lower(alias.lower(), MAX_STEPS, mask.caller())
        };
    }
}

/// How many tasks can relocate a directory at the same time. Others leave it to their next walk.
const MAX_RELOCATIONS: usize = 16;

/// The tasks that relocate a directory. A null slot is free.
static RELOCATING_TASKS: [AtomicPtr<bindings::task_struct>; MAX_RELOCATIONS] = {
    // Each use of the constant makes a slot of its own.
    #[allow(clippy::declare_interior_mutable_const)]
    const FREE: AtomicPtr<bindings::task_struct> = AtomicPtr::new(ptr::null_mut());
    [FREE; MAX_RELOCATIONS]
};

/// The slot of the current task in [`RELOCATING_TASKS`], freed when the value is dropped.
struct Relocation(&'static AtomicPtr<bindings::task_struct>);

impl Relocation {
    /// `None` if the current task has a slot already, or if all slots are taken.
    fn begin() -> Option<Self> {
        // SAFETY: There is always a current task.
        let task = unsafe { bindings::shim_current() };
        // Only the current task stores its own address.
        if RELOCATING_TASKS
            .iter()
            .any(|slot| slot.load(Ordering::Relaxed) == task)
        {
            return None;
        }
        let take = |slot: &&AtomicPtr<_>| {
            let (free, order) = (ptr::null_mut(), Ordering::Relaxed);
            slot.compare_exchange(free, task, order, order).is_ok()
        };
        RELOCATING_TASKS.iter().find(take).map(Self)
    }
}

impl Drop for Relocation {
    fn drop(&mut self) {
        self.0.store(ptr::null_mut(), Ordering::Relaxed);
    }
}

impl Upper<Dentry> {
    /// Whether some task holds the `i_rwsem` of the parent that this dentry has at the moment.
    fn is_parent_locked(&self) -> bool {
        rcu::read(|| {
            // SAFETY: `self` is valid. The RCU read lock keeps the parent that is read here, and
            // the inode of that: a parent is a directory, and so positive.
            unsafe {
                let parent = addr_of!((*self.as_ptr()).d_parent).read_volatile();
                let inode = addr_of!((*parent).d_inode).read_volatile();
                bindings::inode_is_locked(inode) != 0
            }
        })
    }

    /// Whether this dentry has no parent: the root of its superblock, or a file found by its
    /// handle.
    pub(super) fn is_root(&self) -> bool {
        // SAFETY: `self` is valid. Others may set `d_parent` at any time, so it is read once.
        unsafe { addr_of!((*self.as_ptr()).d_parent).read_volatile() == self.as_ptr() }
    }

    /// Looks `name` up in this directory, as a path walk would. Only
    /// [`Upper::<SuperBlock>::look_up_lower`] comes here.
    fn look_up(&self, name: Name<'_>, caller: CallerIdmap<'_>) -> Result<ARef<Upper<Dentry>>> {
        // The task holds no `i_rwsem` of this filesystem. `exportfs_decode_fh_raw()`, for file
        // handles, is called without one. `permission` is called with `MAY_EXEC` alone, by a
        // contract of the VFS, either without any `i_rwsem` of this superblock (as in a path walk),
        // or with that directory locked (as in `lookup_one()`), or with its parent locked (as the
        // SMB server of 6.12 does for what it opens). `relocate_if_moved_below` returns in the last
        // two cases.
        // SAFETY: By its type invariant the idmap is valid. The caller of this function holds a
        // reference to the directory and keeps the name. The task does not hold the directory's
        // `i_rwsem`, as said above.
        let found =
            unsafe { lookup_one::Answer::unlocked(caller.as_ptr(), name.as_raw(), self.as_ptr()) };
        let found = found.map_err(from_negative)?;
        // SAFETY: The lookup has returned a reference to a dentry of this superblock, never null.
        Ok(unsafe { ARef::from_raw(NonNull::new_unchecked(found.cast())) })
    }
}

impl Upper<SuperBlock> {
    /// Looks up the names of the lower dentries from the lower root to `target`, and returns the
    /// upper dentry of `target`. If `target` is a directory whose dentry is elsewhere, the last
    /// lookup moves that dentry. May sleep.
    ///
    /// Errors: `ENOENT` if `target` is not under the lower root, if it is so deep that `max_steps`
    /// do not suffice, or if a name on the way changes; those of the lookups, which `caller` has to
    /// be permitted.
    ///
    /// # Safety
    ///
    /// A reference to a mount of this superblock is held, through which the operation has reached
    /// it. Either `permission` is called for a directory, and nobody holds the `i_rwsem` of that
    /// directory or of its parent; or the task holds no `i_rwsem` of this superblock.
    pub(in crate::compat) unsafe fn look_up_lower(
        &self,
        target: &Dentry,
        max_steps: u32,
        caller: CallerIdmap<'_>,
    ) -> Result<ARef<Upper<Dentry>>> {
        // SAFETY: The safety requirements of this function are those of the call.
        let mut dir = unsafe { self.root() };
        let mut steps = 0..max_steps;
        while !ptr::eq(dir.lower(), target) {
            let child = target
                .ancestor_in(dir.lower(), &mut steps)
                .ok_or(code::ENOENT)?;
            let found = child.with_parent_and_name(|_, name| dir.look_up(name, caller))?;
            if found.upper_inode().is_none() || !ptr::eq(found.lower(), &*child) {
                return Err(code::ENOENT);
            }
            dir = found;
        }
        Ok(dir)
    }
}

impl Dentry {
    /// The ancestor of this dentry, or this dentry itself, that is an entry of `dir`; `None` if
    /// there is none, or if `steps` run out.
    fn ancestor_in(
        &self,
        dir: &Dentry,
        steps: &mut impl Iterator<Item = u32>,
    ) -> Option<ARef<Dentry>> {
        let mut dentry = self.to_aref();
        loop {
            steps.next()?;
            let parent = dentry.with_parent_and_name(|parent, _| parent.to_aref());
            if ptr::eq(&*parent, dir) {
                return Some(dentry);
            }
            if ptr::eq(&*parent, &*dentry) {
                return None;
            }
            dentry = parent;
        }
    }
}
