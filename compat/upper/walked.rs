// SPDX-License-Identifier: GPL-2.0

//! [`Walked`]: what may be asked of an upper object in RCU walk.

use crate::compat::{
    dentry::{Dentry, LookupFlags},
    error::Result,
    inode::{AccessMask, Inode},
    mount::Mount,
    upper::Upper,
};

/// An upper object as a path walk meets it that counts nothing.
///
/// Only the RCU read lock keeps it and what lies behind it, and either may be on its way out. So there
/// is nothing here that counts, locks or sleeps: whoever has no more than this value cannot leave the
/// rules of RCU walk, and asks for another walk (`ECHILD`) where they do not suffice.
pub(crate) struct Walked<'a, T>(&'a Upper<T>);

impl<'a, T> Walked<'a, T> {
    pub(in crate::compat) fn new(object: &'a Upper<T>) -> Self {
        Self(object)
    }
}

impl Walked<'_, Dentry> {
    /// Nothing has happened to the lower dentry since both were seen to agree, nor to the attributes
    /// of its inode that the VFS decides upon.
    pub(crate) fn is_fresh(&self) -> bool {
        self.0.still_agrees() && self.0.upper_inode().map_or(true, |inode| inode.is_fresh())
    }

    /// Whether the lower filesystem still stands by the lower dentry.
    ///
    /// Errors: `ECHILD` if it would have to sleep to tell.
    pub(crate) fn lower_revalidate(&self, flags: LookupFlags) -> Result<bool> {
        self.0.lower().revalidate(flags)
    }
}

impl Walked<'_, Inode> {
    /// See [`Upper::<Inode>::is_fresh`].
    pub(crate) fn is_fresh(&self) -> bool {
        self.0.is_fresh()
    }

    /// Whether the caller may use the lower inode as `mask` says.
    ///
    /// Errors: those of [`Mount::permission`], and `ECHILD` if the answer would have to sleep.
    pub(crate) fn lower_permission(&self, mask: AccessMask) -> Result {
        self.0.lower_mount().permission(self.0.lower(), mask)
    }

    /// The lower inode and the mount that it is reached by.
    pub(in crate::compat) fn lower(&self) -> (&Inode, &Mount) {
        (self.0.lower(), self.0.lower_mount())
    }
}
