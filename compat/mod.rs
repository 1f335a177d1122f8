// SPDX-License-Identifier: GPL-2.0

//! The shim between a safe stacking filesystem and the kernel at hand.
//!
//! All of the project's unsafe code is here, all calls of C, and every difference between kernels.
//! It has two halves. The nouns of the VFS ([`inode::Inode`], [`dentry::Dentry`], [`file::File`],
//! [`mount::Mount`], [`super_block::SuperBlock`], ...) are safe to use: what is counted drops itself,
//! what is locked unlocks itself, and an object of the stacking filesystem, which has a lower one
//! behind it, is an [`upper::Upper`] of its noun. [`ops`] has the traits that a filesystem
//! implements, and makes the VFS's tables from them. `docs/architecture.md` says what both promise, and
//! what they do not. Beneath lie the questions ([`shims`]), each with the one answer that was compiled
//! for this kernel.
//!
//! # Lock order
//!
//! Upper before lower, throughout: a lower lock is never held when an operation of the upper layer, or
//! anything that may come back to one, is called. Within one operation:
//!
//! 1. the upper superblock's freeze protection and the upper `i_rwsem`, taken by the VFS; a write
//!    takes the latter shared, itself, and the opening of a set-id program exclusively;
//! 2. the lower superblock's freeze protection and write access to the lower mount
//!    ([`mount::Mount::with_write_access`]). A frozen filesystem is not waited for with the locks of 1
//!    held, nor in memory reclaim ([`deferred`]);
//! 3. the lower `s_vfs_rename_mutex` and lower `i_rwsem`s, in the VFS's order for them ([`dirop`],
//!    [`attribute`]); a walk that finds the layers out of sync takes the lower directory's shared
//!    ([`upper`]), and a copy of a set-id program's owner and mode that of the file;
//! 4. with a lower directory locked, what lets the upper dentries follow: making an upper inode, and
//!    the VFS's own locks of the dentry cache. No upper `i_rwsem` is waited for here;
//! 5. spinlocks, held for a few loads and stores and never two at once: `i_lock`, `f_lock`.
//!
//! A filesystem that lies on another of its own type has lockdep classes by depth.
//!
//! # References
//!
//! 1. An upper superblock owns a count on the lower mount; it goes after the last dentry and inode.
//! 2. An upper dentry owns a count on its lower dentry, from the end of its lookup to `d_release`.
//! 3. An upper inode owns a count on its lower inode, from its making to `evict_inode`.
//! 4. An upper file owns a count on its lower file, from `open` to `release`.
//! 5. Whatever an operation takes beyond these it gives back before it returns, but for counts on
//!    removed files of a frozen filesystem, which [`deferred`] gives back when that thaws.
//!
//! The pointers in 1 to 3 never change and are not cleared at the end, and what they point to is freed
//! by RCU: so they may be followed in RCU walk, which counts nothing. What is reached there may be on
//! its way out. Operations of RCU walk are therefore separate ones, and get a [`upper::RcuRef`]: it
//! reads and compares, and has nothing that would count, lock or sleep.

// A constant's C type differs between kernels, so that a cast which one needs is idle in another.
#![allow(clippy::unnecessary_cast)]

mod aref;
pub(crate) mod attribute;
mod deferred;
pub(crate) mod dentry;
pub(crate) mod dirop;
pub(crate) mod error;
pub(crate) mod file;
pub(crate) mod inode;
pub(crate) mod io;
pub(crate) mod link;
pub(crate) mod members;
pub(crate) mod mount;
pub(crate) mod ops;
pub(crate) mod option;
pub(crate) mod path;
mod raw;
mod rcu;
pub(crate) mod registration;
mod shims;
pub(crate) mod super_block;
mod tables;
pub(crate) mod upper;
pub(crate) mod xattr;

/// C types that a driver passes on: modes, device numbers, integers.
pub(crate) mod types {
    pub(crate) use bindings::{dev_t, ffi::c_int, umode_t};
}
