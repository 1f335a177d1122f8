// SPDX-License-Identifier: GPL-2.0

//! Lookups: the lower dentry of a name is always the entry of that name in the lower directory.

use core::marker::PhantomData;

use crate::compat::{aref::ARef, dentry::Dentry, error::Result, upper::StableDentry};

/// A lookup in progress.
///
/// Each lookup makes one, and the method that does the work consumes it.
pub(crate) struct Lookup<'a> {
    dentry: StableDentry<'a>,
    lower: &'a mut Option<ARef<Dentry>>,
}

impl<'a> Lookup<'a> {
    /// A lookup of `dentry`, which stores the lower dentry in `lower`.
    pub(in crate::compat) fn new(
        dentry: StableDentry<'a>,
        lower: &'a mut Option<ARef<Dentry>>,
    ) -> Self {
        Self { dentry, lower }
    }

    /// Looks the name up in the lower directory, with the caller's credentials.
    ///
    /// Errors: those of [`Dentry::lookup`].
    pub(crate) fn find_lower(self) -> Result<Found<'a>> {
        let parent = self.dentry.parent();
        let lower = parent
            .lower()
            .lookup(parent.lower_mount(), self.dentry.name())?;
        *self.lower = Some(lower);
        // INVARIANT: Stored above.
        Ok(Found(PhantomData))
    }
}

/// Proof that a lookup has found its lower dentry.
///
/// The lookup keeps the dentry, so a driver can neither substitute another nor store it.
///
/// # Invariants
///
/// The [`Lookup`] with lifetime `'a` has stored a lower dentry, looked up in the lower directory.
#[must_use]
pub(crate) struct Found<'a>(PhantomData<&'a mut ()>);

impl Found<'_> {
    /// Consumes the proof: the [`Lookup`] has the lower dentry.
    pub(in crate::compat) fn forget(self) {}
}
