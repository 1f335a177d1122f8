// SPDX-License-Identifier: GPL-2.0

//! [`RcuRef`]: what may be asked of an upper object in RCU walk.

use bindings::ffi::c_int;

use crate::compat::{
    dentry::Dentry,
    error::Result,
    inode::{Inode, Kind},
    upper::Upper,
};

/// An upper object as a path walk meets it that counts nothing.
///
/// Only the RCU read lock keeps it and what lies behind it, and either may be on its way out. So there
/// is nothing here that counts, locks or sleeps: whoever has no more than this value cannot leave the
/// rules of RCU walk, and asks for another walk (`ECHILD`) where they do not suffice.
///
/// # Invariants
///
/// The RCU read lock is held for `'a`, and was taken before the walk found the object, which the VFS
/// then had in use.
pub(crate) struct RcuRef<'a, T>(&'a Upper<T>);

impl<'a, T> RcuRef<'a, T> {
    /// # Safety
    ///
    /// The VFS has called an operation on `object` in RCU walk, which lasts for `'a`.
    pub(in crate::compat) unsafe fn new(object: &'a Upper<T>) -> Self {
        // INVARIANT: By the contract of this function.
        Self(object)
    }
}

impl RcuRef<'_, Dentry> {
    /// Nothing has happened to the lower dentry since the two were last seen in sync, nor to the
    /// attributes of its inode that the VFS checks itself.
    pub(crate) fn is_up_to_date(&self) -> bool {
        self.0.is_unchanged()
            && self
                .0
                .upper_inode()
                .map_or(true, |inode| inode.is_up_to_date())
    }

    /// The lower dentry.
    pub(in crate::compat) fn lower_dentry(&self) -> &Dentry {
        self.0.lower()
    }
}

impl<'a> RcuRef<'a, Inode> {
    /// See [`Upper::<Inode>::is_up_to_date`]; and a directory is in its place.
    pub(crate) fn is_up_to_date(&self) -> bool {
        self.0.is_up_to_date() && (self.0.kind() != Kind::Directory || self.0.is_place_unchanged())
    }

    /// Whether the caller may use the lower inode as `wanted` says.
    ///
    /// Errors: those of [`crate::compat::mount::Mount::permission`], and `ECHILD` if the answer would
    /// have to sleep.
    pub(crate) fn lower_permission(&self, wanted: RcuAccessMask<'_>) -> Result {
        // SAFETY: By the type invariant of `Upper` the lower inode belongs to the lower mount's
        // filesystem. The RCU read lock keeps both, which are freed a grace period after the upper
        // objects let go of them, and `MAY_NOT_BLOCK` is set.
        unsafe { self.0.lower_mount().permission(self.0.lower(), wanted.0) }
    }

    /// The lower inode.
    pub(in crate::compat) fn lower(&self) -> &'a Inode {
        self.0.lower()
    }
}

/// What a caller in RCU walk wants to do with an inode (`MAY_*`).
///
/// # Invariants
///
/// `MAY_NOT_BLOCK` is set.
#[derive(Clone, Copy)]
pub(crate) struct RcuAccessMask<'a>(c_int, core::marker::PhantomData<&'a ()>);

impl RcuAccessMask<'_> {
    pub(in crate::compat) fn new(bits: c_int) -> Self {
        // INVARIANT: Set here.
        Self(bits | bindings::MAY_NOT_BLOCK, core::marker::PhantomData)
    }
}
