// SPDX-License-Identifier: GPL-2.0

//! [`Members`]: what can be read off an object of the VFS without asking its filesystem.

use core::ops::Deref;

use super::upper::Upper;

/// A object of the VFS, in front of the C structure that it stands for.
///
/// What calls an object's filesystem is a method of the object. What only reads members, or takes locks,
/// is a method of its [`Members`]: the object has it too, and so has an [`Upper`] of it, which must not
/// have the rest. An operation that called its own filesystem, by an upper object, would not end.
///
/// # Safety
///
/// The layout is that of `Raw`.
pub(crate) unsafe trait VfsObject {
    /// The C structure.
    type Raw;
}

/// A VFS object, lower or upper, as far as its filesystem is not asked.
#[repr(transparent)]
pub(crate) struct Members<T>(T);

impl<T: VfsObject> Members<T> {
    /// Sees `object` without its filesystem.
    #[inline]
    pub(in crate::compat) fn of(object: &T) -> &Self {
        // SAFETY: `Members<T>` has the layout of `T`.
        unsafe { &*core::ptr::from_ref(object).cast() }
    }

    /// The C structure, which is as valid as `self`.
    #[inline]
    pub(in crate::compat) fn as_ptr(&self) -> *mut T::Raw {
        // A object is `Opaque`, so that C may write to what Rust only borrows.
        core::ptr::from_ref(self).cast::<T::Raw>().cast_mut()
    }
}

impl<T: VfsObject> Deref for Upper<T> {
    type Target = Members<T>;

    #[inline]
    fn deref(&self) -> &Members<T> {
        // SAFETY: `Upper<T>` and `Members<T>` have the layout of `T`.
        unsafe { &*core::ptr::from_ref(self).cast() }
    }
}

/// Says that the structure of C behind `$object`, an `Opaque` of it, is `$raw`.
macro_rules! vfs_object {
    ($object:ident, $raw:ident) => {
        // SAFETY: `Opaque` has the layout of what is in it.
        unsafe impl $crate::compat::members::VfsObject for $object {
            type Raw = bindings::$raw;
        }

        impl core::ops::Deref for $object {
            type Target = $crate::compat::members::Members<$object>;

            #[inline]
            fn deref(&self) -> &Self::Target {
                $crate::compat::members::Members::of(self)
            }
        }
    };
}

pub(in crate::compat) use vfs_object;
