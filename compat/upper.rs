// SPDX-License-Identifier: GPL-2.0

//! [`Upper`]: an object of a filesystem that compat has registered, with a lower object behind it.

mod dentry;
mod file;
mod inode;
mod lookup;
mod place;
mod rcu_ref;
mod super_block;
mod sync;

use core::{ops::Deref, ptr::NonNull};

use super::{
    aref::RefCounted,
    members::{Members, VfsObject},
};

pub(in crate::compat) use {
    dentry::Entry,
    file::{is_opened, lower_dentry},
};
pub(crate) use {
    file::{Opened, Opening, Tmpfile},
    lookup::{Found, Lookup},
    rcu_ref::{RcuAccessMask, RcuRef},
};

/// A VFS object of a stacking filesystem.
///
/// It has the [`super::members::Members`] of a `T` and knows its lower object. Objects of the lower
/// filesystem, which may be of any kind, are plain `&T`: what asks a filesystem is to be asked of those.
///
/// # Invariants
///
/// The object belongs to a superblock that [`super::super_block`] has set up, and its private
/// members mean what this table says, from the moment that the VFS can hand it to an operation until
/// a grace period after its last one:
///
/// | object | member | holds |
/// |---|---|---|
/// | superblock | `s_fs_info` | the lower mount, counted |
/// | inode | `i_private` | the lower inode, counted |
/// | inode of the root | `i_rdev` | the device that the lower root reports |
/// | inode of a directory | `i_version` | its dentry, not counted ([`place`]) |
/// | dentry | `d_fsdata` | the lower dentry, counted; null until its lookup or creation is done |
/// | dentry | `d_time` | the lower dentry's `d_seq` when both were last seen in sync ([`sync`]) |
/// | file | `private_data` | the lower file, counted, from `open` to `release` |
///
/// The first three never change once they are set, so that they may be read under RCU alone. Every lower
/// object belongs to the filesystem of the lower mount of its superblock.
#[repr(transparent)]
pub(crate) struct Upper<T>(T);

impl<T: VfsObject> Upper<T> {
    /// Sees `object` as what it is.
    ///
    /// # Safety
    ///
    /// The type invariant holds for `object`, and `object` is valid for `'a`: counted, or kept by an
    /// RCU read lock.
    pub(in crate::compat) unsafe fn from_raw<'a>(object: *mut T::Raw) -> &'a Self {
        // SAFETY: `object` is valid, and `Upper<T>` has the layout of `T`, and `T` that of its `Raw`.
        // INVARIANT: By the contract of this function.
        unsafe { &*object.cast() }
    }
}

impl<T: VfsObject> Deref for Upper<T> {
    type Target = Members<T>;

    #[inline]
    fn deref(&self) -> &Members<T> {
        // SAFETY: Both `Upper<T>` and `Members<T>` are transparent wrappers of `T`.
        unsafe { &*core::ptr::from_ref(self).cast() }
    }
}

// SAFETY: The counts are those of the object itself.
unsafe impl<T: RefCounted> RefCounted for Upper<T> {
    unsafe fn dec_ref(object: NonNull<Self>) {
        // SAFETY: The caller owns the count; the layout is the same.
        unsafe { T::dec_ref(object.cast()) };
    }
}
