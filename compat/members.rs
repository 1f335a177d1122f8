// SPDX-License-Identifier: GPL-2.0

//! [`Members`]: what can be read from an object of the VFS without calling its filesystem.

/// A Rust type for an object of the VFS, such as [`super::inode::Inode`] for `struct inode`.
///
/// The methods of such an object fall into two groups. A method that calls the object's filesystem
/// belongs to the object itself. A method that only reads members or takes locks belongs to its
/// [`Members`]. Both the object and its [`super::upper::Upper`] dereference to `Members`, and so
/// have the second group. `Upper` must not have the first: an operation that called its own
/// filesystem would recurse without end.
///
/// # Safety
///
/// The type has the layout of `Raw`.
pub(crate) unsafe trait VfsObject {
    /// The C structure.
    type Raw;
}

/// The members of a VFS object, upper or lower.
#[repr(transparent)]
pub(crate) struct Members<T>(T);

impl<T: VfsObject> Members<T> {
    /// The members of `object`.
    #[inline]
    pub(in crate::compat) fn of(object: &T) -> &Self {
        // SAFETY: `Members<T>` is a transparent wrapper of `T`, so the layout is the same.
        unsafe { &*core::ptr::from_ref(object).cast() }
    }

    /// The C structure, valid as long as `self`.
    #[inline]
    pub(in crate::compat) fn as_ptr(&self) -> *mut T::Raw {
        // The structure is in an `Opaque`, so C may write to it behind a shared reference.
        core::ptr::from_ref(self).cast::<T::Raw>().cast_mut()
    }
}

/// Makes `$object`, an `Opaque` of the C structure `$raw`, a [`VfsObject`].
macro_rules! vfs_object {
    ($object:ident, $raw:ident) => {
        // SAFETY: `$object` is a transparent wrapper of an `Opaque`, which has the layout of
        // `$raw`.
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

/// Reads a member that others may write at the same time (`READ_ONCE()`).
///
/// `$object` is a reference to any Rust type of a C structure that has `as_ptr()`. The member must
/// be an integer or a pointer that the machine reads in one access.
macro_rules! read_once {
    ($object:expr, $member:ident) => {{
        let object = $object.as_ptr();
        // SAFETY: The pointer comes from a reference, so the structure is valid for reads, and its
        // members are aligned.
        unsafe { core::ptr::addr_of!((*object).$member).read_volatile() }
    }};
}

pub(in crate::compat) use {read_once, vfs_object};
