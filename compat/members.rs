// SPDX-License-Identifier: GPL-2.0

//! [`Members`]: what can be read off an object of the VFS without asking its filesystem.

use core::ops::Deref;

use super::upper::Upper;

/// A noun of the VFS, in front of the C structure that it stands for.
///
/// What calls an object's filesystem is a method of the noun. What only reads members, or takes locks,
/// is a method of its [`Members`]: the noun has it too, and so has an [`Upper`] of it, which must not
/// have the rest. An operation that called its own filesystem, by an upper object, would not end.
///
/// # Safety
///
/// The layout is that of `Raw`.
pub(crate) unsafe trait Noun {
    /// The C structure.
    type Raw;
}

/// A VFS object, lower or upper, as far as its filesystem is not asked.
#[repr(transparent)]
pub(crate) struct Members<T>(T);

impl<T: Noun> Members<T> {
    /// Sees `noun` without its filesystem.
    #[inline]
    pub(in crate::compat) fn of(noun: &T) -> &Self {
        // SAFETY: `Members<T>` has the layout of `T`.
        unsafe { &*core::ptr::from_ref(noun).cast() }
    }

    /// The C structure, which is as valid as `self`.
    #[inline]
    pub(in crate::compat) fn as_ptr(&self) -> *mut T::Raw {
        // A noun is `Opaque`, so that C may write to what Rust only borrows.
        core::ptr::from_ref(self).cast::<T::Raw>().cast_mut()
    }
}

impl<T: Noun> Deref for Upper<T> {
    type Target = Members<T>;

    #[inline]
    fn deref(&self) -> &Members<T> {
        // SAFETY: `Upper<T>` and `Members<T>` have the layout of `T`.
        unsafe { &*core::ptr::from_ref(self).cast() }
    }
}

/// Says that the structure of C behind `$noun`, an `Opaque` of it, is `$raw`.
macro_rules! noun {
    ($noun:ident, $raw:ident) => {
        // SAFETY: `Opaque` has the layout of what is in it.
        unsafe impl $crate::compat::members::Noun for $noun {
            type Raw = bindings::$raw;
        }

        impl core::ops::Deref for $noun {
            type Target = $crate::compat::members::Members<$noun>;

            #[inline]
            fn deref(&self) -> &Self::Target {
                $crate::compat::members::Members::of(self)
            }
        }
    };
}

pub(in crate::compat) use noun;
