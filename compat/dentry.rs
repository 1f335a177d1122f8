// SPDX-License-Identifier: GPL-2.0

//! Dentries of any filesystem: names in the cache, positive or negative.
//!
//! C header: `include/linux/dcache.h`

use core::{
    mem::MaybeUninit,
    ptr::{addr_of, NonNull},
};

use bindings::ffi::c_uint;
use kernel::types::Opaque;

use super::{
    aref::{ARef, RefCounted},
    error::{code, from_negative, Result},
    inode::{Inode, Kind},
    members::{vfs_object, Members},
    mount::Mount,
    rcu,
    shims::lookup_one::{self, LookupOne},
};

/// A dentry (`struct dentry`).
///
/// A dentry that is counted and positive stays so: only its last owner can make it negative. A
/// negative one may become positive at any time.
#[repr(transparent)]
pub(crate) struct Dentry(Opaque<bindings::dentry>);

vfs_object!(Dentry, dentry);

// SAFETY: `dput()` gives back a count on the dentry, which is freed a grace period after its last
// count is gone.
unsafe impl RefCounted for Dentry {
    unsafe fn dec_ref(dentry: NonNull<Self>) {
        // SAFETY: The caller owns the count.
        unsafe { bindings::dput(dentry.as_ptr().cast()) };
    }
}

impl Dentry {
    /// The inode that the name stands for; `None` of a negative dentry.
    pub(crate) fn inode(&self) -> Option<&Inode> {
        // SAFETY: `self` is valid, and `d_inode` may be set at any time. A positive dentry keeps its
        // inode, which is freed by RCU, as long as it is itself kept.
        unsafe {
            addr_of!((*self.as_ptr()).d_inode)
                .read_volatile()
                .cast::<Inode>()
                .as_ref()
        }
    }

    /// The inode that the name stands for.
    ///
    /// Errors: `ENOENT` of a negative dentry.
    pub(crate) fn positive(&self) -> Result<&Inode> {
        self.inode().ok_or(code::ENOENT)
    }
}

impl Members<Dentry> {
    /// The number that changes whenever the dentry is renamed, moved, unhashed, or made positive or
    /// negative (`d_seq`). Even: of a change that goes on, the number before it. It wraps after 2^31
    /// changes.
    pub(crate) fn sequence(&self) -> u32 {
        // SAFETY: `self` is valid.
        unsafe { bindings::shim_d_seq(self.as_ptr()) }
    }

    /// The superblock, which outlives the dentry and never changes.
    pub(in crate::compat) fn super_block(&self) -> *mut bindings::super_block {
        // SAFETY: `self` is valid, and `d_sb` is set when it is made.
        unsafe { (*self.as_ptr()).d_sb }
    }

    /// Whether its filesystem wants to be asked if it still stands by it.
    pub(in crate::compat) fn has_revalidate(&self) -> bool {
        // SAFETY: `self` is valid; this flag does not change after the dentry is made, others may.
        let flags = unsafe { addr_of!((*self.as_ptr()).d_flags).read_volatile() };
        flags & bindings::DCACHE_OP_REVALIDATE as c_uint != 0
    }

    /// Whether the dentry has changed, or is changing, since [`Self::sequence`] was `seq`.
    pub(in crate::compat) fn has_changed(&self, seq: u32) -> bool {
        // SAFETY: `self` is valid.
        unsafe { bindings::shim_d_seq_changed(self.as_ptr(), seq) }
    }

    /// Waits until the dentry is not changing.
    pub(in crate::compat) fn wait_for_change(&self) {
        // SAFETY: `self` is valid.
        unsafe { bindings::shim_d_seq_wait(self.as_ptr()) };
    }

    /// Whether walks can find it.
    pub(in crate::compat) fn is_hashed(&self) -> bool {
        // SAFETY: `self` is valid.
        unsafe { bindings::d_unhashed(self.as_ptr()) == 0 }
    }

    /// Whether walks can find it in the directory `parent`.
    pub(in crate::compat) fn is_hashed_in(&self, parent: *mut bindings::dentry) -> bool {
        // SAFETY: `self` is valid; the parent pointer is only compared.
        let found = unsafe { addr_of!((*self.as_ptr()).d_parent).read_volatile() };
        found == parent && self.is_hashed()
    }

    /// Whether it has the name of `other`. The caller holds the RCU read lock.
    pub(in crate::compat) fn has_name_of(&self, other: &Members<Dentry>) -> bool {
        // SAFETY: Both are valid, and the RCU read lock keeps names that are replaced meanwhile.
        unsafe { bindings::shim_same_name(self.as_ptr(), other.as_ptr()) }
    }

    /// Whether the directory that it is in has been removed.
    pub(in crate::compat) fn is_in_removed_directory(&self) -> bool {
        rcu::read(|| {
            // SAFETY: `self` is valid. The RCU read lock keeps the parent that it has at this moment,
            // and that one's inode.
            let dir = unsafe {
                let parent = addr_of!((*self.as_ptr()).d_parent).read_volatile();
                addr_of!((*parent).d_inode)
                    .read_volatile()
                    .cast::<Inode>()
                    .as_ref()
            };
            dir.is_some_and(|dir| dir.is_removed())
        })
    }

    /// Whether its filesystem hashes or compares names by rules of its own, such as without regard
    /// to case.
    pub(crate) fn has_own_names(&self) -> bool {
        // SAFETY: `self` is valid.
        unsafe { bindings::shim_has_own_names(self.as_ptr()) }
    }
}

impl Dentry {
    /// Takes a negative dentry out of the cache if its directory has been removed: it would keep the
    /// directory's inode, and nobody can look it up again.
    pub(in crate::compat) fn drop_if_orphaned(&self) {
        if self.inode().is_none() && self.is_in_removed_directory() {
            // SAFETY: `self` is valid.
            unsafe { bindings::d_drop(self.as_ptr()) };
        }
    }

    /// One more count on the dentry.
    pub(in crate::compat) fn to_aref(&self) -> ARef<Dentry> {
        // SAFETY: `self` is counted by whoever holds the reference to it, and the new count is ours.
        unsafe { ARef::from_raw(NonNull::new_unchecked(bindings::dget(self.as_ptr()).cast())) }
    }

    /// Runs `f` with the parent and the name that the dentry has at one moment. May sleep.
    pub(in crate::compat) fn with_parent_and_name<R>(
        &self,
        f: impl FnOnce(&Dentry, Name<'_>) -> R,
    ) -> R {
        let mut snapshot = MaybeUninit::<bindings::name_snapshot>::uninit();
        let snapshot = snapshot.as_mut_ptr();
        let parent = loop {
            let seq = self.sequence();
            // SAFETY: `self` is counted, and so is the parent that the call returns.
            let parent = unsafe {
                let parent = bindings::dget_parent(self.as_ptr());
                ARef::<Dentry>::from_raw(NonNull::new_unchecked(parent.cast()))
            };
            // SAFETY: `self` is counted. The call initialises `snapshot`, which may point into itself
            // and is not moved before it is released.
            unsafe { bindings::take_dentry_name_snapshot(snapshot, self.as_ptr()) };
            if !self.has_changed(seq) {
                break parent;
            }
            // SAFETY: Taken above.
            unsafe { bindings::release_dentry_name_snapshot(snapshot) };
            self.wait_for_change();
        };
        // SAFETY: The snapshot was taken above and is released below.
        let name = unsafe { Name::from_raw(addr_of!((*snapshot).name)) };
        let result = f(&parent, name);
        // SAFETY: Taken above.
        unsafe { bindings::release_dentry_name_snapshot(snapshot) };
        result
    }

    /// Looks `name` up in this directory: positive or negative.
    ///
    /// Errors: whatever the lower filesystem says; `EACCES` if the caller may not search it. Locks
    /// this directory's inode where the cache does not know the name.
    pub(in crate::compat) fn lookup(&self, mount: &Mount, name: Name<'_>) -> Result<ARef<Dentry>> {
        if self.positive()?.kind() != Kind::Directory {
            return Err(code::ENOTDIR);
        }
        // SAFETY: All are valid for the call, and counted since the caller may sleep. Lower locks
        // come after upper ones, and nothing calls this with a lower one held.
        let found = unsafe { lookup_one::Answer::unlocked(mount.idmap(), name.0, self.as_ptr()) }
            .map_err(from_negative)?;
        // SAFETY: The lookup returned a counted dentry, never null.
        Ok(unsafe { ARef::from_raw(NonNull::new_unchecked(found.cast())) })
    }
}

/// One name in a directory, without its path.
#[derive(Clone, Copy)]
pub(crate) struct Name<'a>(&'a bindings::qstr);

impl<'a> Name<'a> {
    /// # Safety
    ///
    /// `name` and the bytes that it points to are valid and unchanged for `'a`.
    pub(in crate::compat) unsafe fn from_raw(name: *const bindings::qstr) -> Self {
        // SAFETY: By the contract of this function.
        Self(unsafe { &*name })
    }

    /// What C wants; valid as long as the value.
    pub(in crate::compat) fn as_raw(&self) -> &'a bindings::qstr {
        self.0
    }
}

/// How a walk that may sleep looks for a name (`LOOKUP_*`).
///
/// # Invariants
///
/// `LOOKUP_RCU` is clear. The flags of a walk in RCU mode are in its [`super::ops::RcuWalkStep`] alone.
#[derive(Clone, Copy)]
pub(crate) struct LookupFlags(c_uint);

impl LookupFlags {
    /// `None` in RCU walk.
    pub(in crate::compat) fn new(bits: c_uint) -> Option<Self> {
        // INVARIANT: Just checked.
        (bits & bindings::LOOKUP_RCU as c_uint == 0).then_some(Self(bits))
    }

    pub(in crate::compat) fn bits(self) -> c_uint {
        self.0
    }
}
