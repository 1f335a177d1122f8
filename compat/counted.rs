// SPDX-License-Identifier: GPL-2.0

//! [`Counted`]: one count on a kernel object, dropped with the value.

use core::{ops::Deref, ptr::NonNull};

/// A kernel object that lives as long as somebody counts it.
///
/// # Safety
///
/// While somebody owns a count that has not been given back by [`Self::put`], the object stays valid
/// at its address.
pub(crate) unsafe trait Countable {
    /// Gives one count back.
    ///
    /// # Safety
    ///
    /// The caller owns a count on `object`, and does not use it afterwards.
    unsafe fn put(object: NonNull<Self>);
}

/// Owns one count on a `T`.
///
/// # Invariants
///
/// The pointer is valid, and this value owns one count on what it points to.
pub(crate) struct Counted<T: Countable>(NonNull<T>);

impl<T: Countable> Counted<T> {
    /// Takes over a count that somebody else took.
    ///
    /// # Safety
    ///
    /// `object` is valid, and the caller owns a count on it, which it gives away.
    pub(in crate::compat) unsafe fn from_raw(object: NonNull<T>) -> Self {
        // INVARIANT: By the contract of this function.
        Self(object)
    }

    /// Gives the count away; [`Self::from_raw`] takes it back.
    pub(in crate::compat) fn into_raw(self) -> NonNull<T> {
        let object = self.0;
        core::mem::forget(self);
        object
    }
}

impl<T: Countable> Deref for Counted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: By the type invariant.
        unsafe { self.0.as_ref() }
    }
}

impl<T: Countable> Drop for Counted<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant; the value is gone afterwards.
        unsafe { T::put(self.0) }
    }
}
