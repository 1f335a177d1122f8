// SPDX-License-Identifier: GPL-2.0

//! [`ARef`]: owns one reference to a kernel object.
//!
//! The `kernel` crate has a type of this name, in `kernel::types` (6.12) or `kernel::sync::aref`
//! (7.3). compat does not use it. Its trait, `AlwaysRefCounted`, has a safe and public
//! `inc_ref(&self)`, so safe code can take a reference from any Rust reference. In RCU walk, compat
//! has Rust references to objects whose last reference may be dropped, and that only the RCU read
//! lock keeps in memory. Taking a reference to such an object is a use after free. Here, therefore,
//! the trait cannot take a reference. Each object has a method of its own for that, which only
//! compat can call.

use core::{ops::Deref, ptr::NonNull};

/// A kernel object with a reference count.
///
/// # Safety
///
/// An object stays valid, and at its address, while somebody owns a reference to it.
pub(crate) unsafe trait RefCounted {
    /// Drops one reference, and frees the object if it was the last.
    ///
    /// # Safety
    ///
    /// The caller owns a reference to `object`, and does not use that reference afterwards.
    unsafe fn dec_ref(object: NonNull<Self>);
}

/// Owns one reference to a `T`, and drops it when the value is dropped.
///
/// # Invariants
///
/// The pointer is valid, and this value owns one reference to the object.
pub(crate) struct ARef<T: RefCounted>(NonNull<T>);

impl<T: RefCounted> ARef<T> {
    /// Takes over a reference.
    ///
    /// # Safety
    ///
    /// `object` is valid. The caller owns a reference to it, and does not use that reference
    /// afterwards.
    pub(in crate::compat) unsafe fn from_raw(object: NonNull<T>) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        Self(object)
    }

    /// Gives the reference to the caller, who can make an `ARef` of it again by [`Self::from_raw`].
    pub(in crate::compat) fn into_raw(self) -> NonNull<T> {
        let object = self.0;
        core::mem::forget(self);
        object
    }
}

impl<T: RefCounted> Deref for ARef<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: The type invariants ensure that the pointer is valid while `self` lives.
        unsafe { self.0.as_ref() }
    }
}

impl<T: RefCounted> Drop for ARef<T> {
    fn drop(&mut self) {
        // SAFETY: The type invariants ensure that `self` owns a reference, which nobody can use
        // after `drop`.
        unsafe { T::dec_ref(self.0) }
    }
}
