// SPDX-License-Identifier: GPL-2.0

//! Lookups: the lower dentry of a name comes from the lower directory of the same name and from nowhere
//! else.

use core::marker::PhantomData;

use crate::compat::{aref::ARef, dentry::Dentry, error::Result, upper::Entry};

/// A name that the VFS is looking up.
///
/// It is made once for each lookup and consumed by what answers it.
pub(crate) struct Lookup<'a> {
    entry: Entry<'a>,
    lower: &'a mut Option<ARef<Dentry>>,
}

impl<'a> Lookup<'a> {
    /// The lower dentry of `entry` is to be put into `lower`.
    pub(in crate::compat) fn new(entry: Entry<'a>, lower: &'a mut Option<ARef<Dentry>>) -> Self {
        Self { entry, lower }
    }

    /// Looks the name up in the lower directory, with the caller's credentials.
    ///
    /// Errors: those of [`Dentry::lookup`].
    pub(crate) fn find_lower(self) -> Result<Found<'a>> {
        let parent = self.entry.parent();
        let found = parent
            .lower()
            .lookup(parent.lower_mount(), self.entry.name())?;
        *self.lower = Some(found);
        // INVARIANT: Found above.
        Ok(Found(PhantomData))
    }
}

/// The proof that the lookup has found a lower dentry.
///
/// The dentry stays with the lookup, so that a driver cannot take another for it, nor keep it.
///
/// # Invariants
///
/// The lookup that `'a` is the lifetime of has its lower dentry: one of the lower directory.
#[must_use]
pub(crate) struct Found<'a>(PhantomData<&'a mut ()>);

impl Found<'_> {
    pub(in crate::compat) fn forget(self) {}
}
