// SPDX-License-Identifier: GPL-2.0

//! [`Walked`]: what may be asked of an upper object in RCU walk.

use crate::compat::{
    dentry::Dentry,
    error::Result,
    inode::{AccessMask, Inode, Kind},
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
    /// Nothing has happened to the lower dentry since the two were last seen in sync, nor to the
    /// attributes of its inode that the VFS checks itself.
    pub(crate) fn is_fresh(&self) -> bool {
        self.0.is_unchanged() && self.0.upper_inode().map_or(true, |inode| inode.is_fresh())
    }

    /// The lower dentry.
    pub(in crate::compat) fn lower_dentry(&self) -> &Dentry {
        self.0.lower()
    }
}

impl Walked<'_, Inode> {
    /// See [`Upper::<Inode>::is_fresh`]; and a directory is in its place.
    pub(crate) fn is_fresh(&self) -> bool {
        self.0.is_fresh() && (self.0.kind() != Kind::Directory || self.0.is_place_unchanged())
    }

    /// Whether the caller may use the lower inode as `mask` says.
    ///
    /// Errors: those of [`crate::compat::mount::Mount::permission`], and `ECHILD` if the answer would have to sleep.
    pub(crate) fn lower_permission(&self, mask: AccessMask) -> Result {
        self.0.lower_mount().permission(self.0.lower(), mask)
    }

    /// The lower inode.
    pub(in crate::compat) fn lower(&self) -> &Inode {
        self.0.lower()
    }
}
