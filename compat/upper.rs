// SPDX-License-Identifier: GPL-2.0

//! [`Upper`]: a VFS object of the stacking filesystem, with its lower object.
//!
//! A lookup and an opening are over when there is a lower object. Only the request itself can say
//! so:
//!
//! ```
//! use crate::compat::{
//!     error::{code, Result},
//!     upper::{Found, Lookup, OpenRequest, Opened},
//! };
//!
//! fn lookup<'a>(lookup: Lookup<'a>) -> Result<Found<'a>> {
//!     lookup.find_lower()
//! }
//!
//! /// Opens files for reading alone.
//! fn open<'a>(file: OpenRequest<'a>) -> Result<Opened<'a>> {
//!     if file.flags().is_writable() {
//!         return Err(code::EROFS);
//!     }
//!     file.open_lower()
//! }
//! ```

mod attributes;
mod caller;
mod data_change;
mod dentry;
mod file;
mod handle;
mod inode;
mod lookup;
mod opening;
mod range_copy;
mod rcu_ref;
mod relocate;
mod removal;
mod stable_dentry;
mod super_block;
mod sync;

use core::{ops::Deref, ptr::NonNull};

use super::{
    aref::RefCounted,
    members::{Members, VfsObject},
};

pub(crate) use {
    handle::{Decoded, HandleRequest},
    lookup::{Found, Lookup},
    opening::{OpenRequest, Opened, TmpfileRequest},
    range_copy::RangeCopy,
    rcu_ref::{RcuAccessMask, RcuRef},
};
pub(in crate::compat) use {opening::is_opened, stable_dentry::StableDentry};

/// A VFS object of a stacking filesystem.
///
/// It has the [`super::members::Members`] of a `T` and knows its lower object. Objects of the lower
/// filesystem, whatever its type, are plain `&T`. Only a plain `&T` has the methods that call its
/// filesystem.
///
/// # Invariants
///
/// The object belongs to an *upper superblock*, one that `fill_super` of [`super::ops`] has set up.
/// Its private member holds a reference to its lower object:
///
/// | object | member | holds | from | until |
/// |---|---|---|---|---|
/// | superblock | `s_fs_info` | the lower mount | `fill_super` | `kill_sb` |
/// | inode | `i_private` | the lower inode | its allocation | `evict_inode` |
/// | dentry | `d_fsdata` | the lower dentry | [`Upper::set_lower`] | `d_release` |
/// | file | `private_data` | the lower file | its `open` or `tmpfile` | `release` |
///
/// The first three members are written once, except that of a dentry whose file is about to be
/// removed ([`removal`]): its new lower dentry is one of the same file. Dropping the reference
/// leaves the pointer in place, and mounts, inodes and dentries are freed an RCU grace period after
/// their last reference is dropped. An object is *in use* until the VFS begins to free it. A task
/// may follow the pointer while it keeps the upper object in use. It may also follow it in an RCU
/// read-side section that began while the upper object was in use.
///
/// `d_fsdata` is null until `set_lower`. Until then only `lookup` and `tmpfile` receive the dentry.
/// A dentry without a parent, made for a file handle, gets its lower dentry before its inode.
/// `fill_super` sets that of the root; before, a security module may call `get` of the xattr
/// handler with the root, and `get` checks. `d_release` may also receive a dentry that never got a
/// lower one, and checks. A placeholder ([`stable_dentry`]) never has a lower dentry.
///
/// `private_data` is null until `open` or `tmpfile` has opened the lower file. Until then only the
/// `UnopenedFile` of [`opening`] leads to the file.
///
/// Every lower object belongs to the filesystem of the lower mount of the object's superblock.
///
/// These members hold data of this layer as well:
///
/// | object | member | holds |
/// |---|---|---|
/// | inode of the root | `i_rdev` | the device number that the lower root reports |
/// | inode of a directory | `i_data.writeback_index` | the idmap of the last caller to change its entries ([`caller`]) |
/// | inode of a directory | `i_version` | a pointer to its dentry, no reference ([`relocate`]) |
/// | dentry | `d_time` | the `d_seq` of both dentries when they were last seen in sync ([`sync`]) |
#[repr(transparent)]
pub(crate) struct Upper<T>(T);

impl<T: VfsObject> Upper<T> {
    /// Wraps an upper object.
    ///
    /// # Safety
    ///
    /// `object` belongs to an upper superblock and satisfies the type invariant. For `'a`, either
    /// somebody holds a reference to it, or the RCU read lock is held, and `object` was in use
    /// after that lock was taken.
    pub(in crate::compat) unsafe fn from_raw<'a>(object: *mut T::Raw) -> &'a Self {
        // INVARIANT: The safety requirements of this function include the type invariants.
        // SAFETY: The safety requirements ensure that `object` is valid for `'a`. `Upper<T>` has
        // the layout of `T`, and `VfsObject` ensures that `T` has that of `T::Raw`.
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

// SAFETY: An `Upper<T>` is a `T` at the same address, so the guarantee of `T` holds.
unsafe impl<T: RefCounted> RefCounted for Upper<T> {
    unsafe fn dec_ref(object: NonNull<Self>) {
        // SAFETY: The caller owns a reference to `object`, which is a `T` at the same address.
        unsafe { T::dec_ref(object.cast()) };
    }
}
