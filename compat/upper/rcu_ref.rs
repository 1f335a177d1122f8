// SPDX-License-Identifier: GPL-2.0

//! [`RcuRef`]: an upper object in RCU walk.
//!
//! ```
//! use crate::compat::{
//!     error::{not_in_rcu_walk, Result},
//!     inode::{AccessAnswer, Inode},
//!     upper::{RcuAccessMask, RcuRef},
//! };
//!
//! fn permission_in_rcu_walk(
//!     inode: RcuRef<'_, Inode>,
//!     mask: RcuAccessMask<'_>,
//! ) -> Result<AccessAnswer> {
//!     // To copy the attributes again would take a lock, and `RcuRef` has no method that does.
//!     if !inode.is_current() {
//!         return Err(not_in_rcu_walk());
//!     }
//!     Ok(inode.lower_permission(mask))
//! }
//! ```

use bindings::ffi::c_int;

use crate::compat::{
    dentry::Dentry,
    idmap::CallerIdmap,
    inode::{AccessAnswer, Inode, Kind},
    ops::RcuWalkStep,
    upper::Upper,
};

/// A reference to an upper object that only the RCU read lock protects.
///
/// The object and its lower object may be about to be freed. So this type has no method that takes
/// a reference, locks or sleeps. An operation that gets only an `RcuRef` cannot break the rules of
/// RCU walk. It returns `ECHILD` where it needs more. The VFS then leaves RCU walk in place
/// (`try_to_unlazy()`) and repeats the call; only if that fails does it restart the walk.
///
/// # Invariants
///
/// The RCU read lock is held for `'a`, and the object was in use after that lock was taken. An
/// object is in use until the VFS begins to free it.
pub(crate) struct RcuRef<'a, T>(&'a Upper<T>);

impl<'a, T> RcuRef<'a, T> {
    /// # Safety
    ///
    /// The VFS has called an operation for `object` in RCU walk, and the call lasts for `'a`.
    pub(in crate::compat) unsafe fn new(object: &'a Upper<T>) -> Self {
        // INVARIANT: In RCU walk the VFS holds the RCU read lock during the call, and has taken it
        // before it found `object` in its caches.
        Self(object)
    }
}

impl RcuRef<'_, Dentry> {
    /// Whether the step needs no more than this comparison: the dentry is current
    /// ([`Self::is_current`]), the lower filesystem has no `d_revalidate`, and nothing is mounted on
    /// the lower dentry or shown as mounted here. So it is for nearly every step of a walk. False
    /// proves nothing.
    #[inline]
    pub(crate) fn is_plainly_current(&self, step: RcuWalkStep<'_>) -> bool {
        self.0.is_unchanged()
            && self.lower().is_plain()
            && !self.0.is_automount()
            && self.0.upper_inode().map_or(true, |inode| {
                !step.ends_walk() && inode.kind() == Kind::Directory
                    || inode.equals_plain_lower_or_link()
            })
    }

    /// Whether neither dentry has changed since the two were last seen in sync, and the attributes
    /// of the inode match ([`Upper::<Inode>::attributes_match`]).
    ///
    /// If `step` does not end the walk, the attributes of a directory are not compared. The VFS
    /// does not use them before it has called `permission`, which compares them.
    #[inline]
    pub(crate) fn is_current(&self, step: RcuWalkStep<'_>) -> bool {
        self.0.is_unchanged()
            && self.0.upper_inode().map_or(true, |inode| {
                !step.ends_walk() && inode.kind() == Kind::Directory || inode.attributes_match()
            })
    }

    /// The dentry. The caller takes no reference to it.
    pub(in crate::compat) fn dentry(&self) -> &Upper<Dentry> {
        self.0
    }

    /// The lower dentry.
    pub(in crate::compat) fn lower(&self) -> &Dentry {
        self.0.lower()
    }
}

impl<'a> RcuRef<'a, Inode> {
    /// As [`Self::lower_permission`], for nearly every step of a walk: the inode is current
    /// ([`Self::is_current`]), and its attributes simply equal those of the lower one. `None` proves
    /// nothing.
    #[inline]
    pub(crate) fn plain_lower_permission(&self, mask: RcuAccessMask<'_>) -> Option<AccessAnswer> {
        let is_plain = mask.bits & bindings::MAY_WRITE == 0 && self.0.equals_plain_lower() && {
            // SAFETY: As in `is_current`.
            unsafe { self.0.is_location_unchanged() }
        };
        // The lower mount maps no ids, so the idmap for its files is the caller's (`idmap_for`).
        // SAFETY: By its type invariant the caller's idmap is valid. By that of `RcuRef` the RCU
        // read lock keeps the lower inode, which is freed an RCU grace period after its upper inode
        // drops it. By that of `RcuAccessMask` the mask has `MAY_NOT_BLOCK`, so the call does not
        // sleep. Its result is the answer to that mask: zero or a negative errno.
        is_plain.then(|| unsafe {
            let lower = self.lower().as_ptr();
            AccessAnswer::new(bindings::inode_permission(
                mask.caller.as_ptr(),
                lower,
                mask.bits,
            ))
        })
    }

    /// Whether the attributes match ([`Upper::<Inode>::attributes_match`]) and, if it is a
    /// directory, it is where the lower directory is.
    #[inline]
    pub(crate) fn is_current(&self) -> bool {
        self.0.attributes_match() && {
            // SAFETY: By the type invariant the RCU read lock is held, and the inode was in use
            // after it was taken. In RCU walk the VFS finds an inode by a dentry of it.
            unsafe { self.0.is_location_unchanged() }
        }
    }

    /// Checks whether the caller has the access `mask` to the lower inode.
    ///
    /// Errors in the answer: those of [`crate::compat::mount::Mount::permission`]; `ECHILD` if the
    /// check would have to sleep.
    #[inline]
    pub(crate) fn lower_permission(&self, mask: RcuAccessMask<'_>) -> AccessAnswer {
        let mount = self.0.lower_mount();
        // SAFETY: By the type invariant of `Upper` the lower inode belongs to the filesystem of the
        // lower mount. By that of `RcuRef` the RCU read lock keeps both, which are freed an RCU
        // grace period after their upper objects drop them. By that of `RcuAccessMask` the mask has
        // `MAY_NOT_BLOCK`.
        unsafe { mount.permission(mask.caller, self.0.lower(), mask.bits) }
    }

    /// The lower inode.
    pub(in crate::compat) fn lower(&self) -> &'a Inode {
        self.0.lower()
    }
}

/// The access that a caller in RCU walk asks for (`MAY_*`), and the idmap of the mount that the
/// caller uses. A driver cannot keep it for longer than the call, which lasts for `'a`.
///
/// # Invariants
///
/// `MAY_NOT_BLOCK` is set.
#[derive(Clone, Copy)]
pub(crate) struct RcuAccessMask<'a> {
    bits: c_int,
    caller: CallerIdmap<'a>,
}

impl<'a> RcuAccessMask<'a> {
    pub(in crate::compat) fn new(bits: c_int, caller: CallerIdmap<'a>) -> Self {
        // INVARIANT: Set here.
        Self {
            bits: bits | bindings::MAY_NOT_BLOCK,
            caller,
        }
    }
}
