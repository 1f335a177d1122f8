// SPDX-License-Identifier: GPL-2.0

//! What a stacking filesystem needs of the kernel, as safe Rust that is the same on every kernel.
//!
//! A stacking filesystem shows files of another filesystem, its *lower* one. Each *upper* object (a
//! superblock, dentry, inode or open file of the stacking filesystem) has a lower object of the
//! same kind behind it. compat has all unsafe code of the project, all calls of C, and everything
//! that differs between kernels. The driver above it, base0fs, decides what each operation does.
//!
//! # The modules, from the top
//!
//! A module imports only modules of the lines below its own, and those to its right in its own
//! line.
//!
//! | modules | what they are |
//! |---|---|
//! | [`registration`] | registers the filesystem type with the VFS |
//! | [`ops`] | the traits that a driver implements, and the VFS's tables made from them |
//! | [`dirop`], [`attribute`], [`link`] | changes of directories and attributes; reading links |
//! | [`upper`] | upper objects: [`upper::Upper`], and [`upper::RcuRef`] for RCU walk |
//! | [`path`], [`xattr`], [`deferred`] | operations on lower files, by the lower mount |
//! | [`io`], [`option`] | requests and outputs that the VFS passes to operations |
//! | [`dentry`], [`mount`], [`inode`], [`file`], [`super_block`] | the objects of the VFS |
//! | [`members`], [`tables`], [`aref`], [`rcu`], [`error`] | what the others are made with |
//! | [`shims`], [`raw`] | the differences between kernels |
//!
//! Each point at which kernels differ is a *question* in [`shims`], with one *answer* for each
//! form. The build takes the answer that compiles for the kernel at hand (`docs/architecture.md`).
//!
//! # What a reference promises
//!
//! A reference to an object of the VFS always points to a valid one. The SAFETY comments say
//! "`self` is a valid dentry" for this, and rely on three rules:
//!
//! 1. A plain reference, such as `&Dentry`, is to a **lower** object. `&Upper<Dentry>` is to an
//!    upper one, which has the lower objects that the table of [`upper::Upper`] lists.
//! 2. The lender of a reference keeps the object **counted** while the reference lives: the caller
//!    of the operation, an upper object, or an [`aref::ARef`]. So an operation may sleep with it,
//!    and may take another count.
//! 3. In **RCU walk** nothing is counted. A driver gets an [`upper::RcuRef`] there, which can only
//!    read and compare. Code of compat that has a plain reference from one, or inside of
//!    [`rcu::read`], does not count, lock or sleep with it.
//!
//! What is locked is a guard, which unlocks when dropped. No guard and no count reaches a driver,
//! except for the [`path::OwnedPath`] of a mount that is being made. `docs/architecture.md` lists
//! what a driver therefore cannot do wrong, and what it still can.
//!
//! # Lock order
//!
//! Upper locks come before lower locks. Nobody who holds a lower lock calls an operation of the
//! upper filesystem, or anything that can lead to one. Within one operation the order is:
//!
//! 1. freeze protection of the upper superblock, then upper `i_rwsem`s. The VFS takes both. Two
//!    operations take the `i_rwsem` themselves: a write (shared) and the opening of a set-id
//!    program (exclusive);
//! 2. freeze protection of the lower superblock, then write access to the lower mount
//!    ([`mount::Mount::with_write_access`]). Nobody waits for a frozen lower filesystem while
//!    holding a lock of 1, nor in memory reclaim ([`deferred`]);
//! 3. the lower `s_vfs_rename_mutex` and lower `i_rwsem`s, in the VFS's own order ([`dirop`],
//!    [`attribute`]). Two operations take one lower `i_rwsem` shared: a path walk that compares the
//!    layers takes that of the lower directory ([`upper`]), and the copying of a set-id program's
//!    owner and mode takes that of the lower file;
//! 4. with a lower directory locked: what the update of upper dentries needs, which is the making
//!    of an upper inode and the VFS's locks of the dentry cache. Nobody waits for an upper
//!    `i_rwsem` here;
//! 5. the spinlocks `i_lock` and `f_lock`, for a few loads and stores, and never two at once.
//!
//! Filesystems of one type can lie on each other, so each depth has lockdep classes of its own.
//!
//! # Who owns which count
//!
//! 1. An upper superblock owns a count on the lower mount, until its last dentry and inode are
//!    gone.
//! 2. An upper dentry owns a count on its lower dentry, from the end of its lookup to `d_release`.
//! 3. An upper inode owns a count on its lower inode, from its making to `evict_inode`.
//! 4. An upper file owns a count on its lower file, from `open` to `release`.
//! 5. An operation gives back every other count before it returns. Counts on removed files of a
//!    frozen filesystem are an exception: [`deferred`] gives them back after the thaw.
//!
//! RCU walk may follow the pointers of 1 to 3 without a count. They are set once and not cleared
//! when the count is given back, and RCU frees the lower object only a grace period after that. An
//! object found so may be about to go.

// The C type of a constant differs between kernels: a cast that one kernel needs is unnecessary on
// another.
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

/// C types of arguments that a driver passes on.
pub(crate) mod types {
    pub(crate) use bindings::{dev_t, ffi::c_int, umode_t};
}
