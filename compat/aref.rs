// SPDX-License-Identifier: GPL-2.0

//! [`ARef`]: one count on a kernel object, dropped with the value.

use core::{ops::Deref, ptr::NonNull};

/// A kernel object that lives as long as somebody counts it.
///
/// # Safety
///
/// While somebody owns a count that has not been given back by [`Self::dec_ref`], the object stays valid
/// at its address.
pub(crate) unsafe trait RefCounted {
    /// Gives one count back.
    ///
    /// # Safety
    ///
    /// The caller owns a count on `object`, and does not use it afterwards.
    unsafe fn dec_ref(object: NonNull<Self>);
}

/// Owns one count on a `T`.
///
/// # Invariants
///
/// The pointer is valid, and this value owns one count on what it points to.
pub(crate) struct ARef<T: RefCounted>(NonNull<T>);

impl<T: RefCounted> ARef<T> {
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

impl<T: RefCounted> Deref for ARef<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: By the type invariant.
        unsafe { self.0.as_ref() }
    }
}

impl<T: RefCounted> Drop for ARef<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant; the value is gone afterwards.
        unsafe { T::dec_ref(self.0) }
    }
}
