// SPDX-License-Identifier: GPL-2.0

//! What a stacking filesystem needs from the kernel, as safe Rust that is the same on every kernel.
//!
//! A stacking filesystem shows files of another filesystem, its *lower* one. Each *upper* object (a
//! superblock, dentry, inode or open file of the stacking filesystem) has a lower object behind it:
//! a superblock has the lower mount, the others have an object of the same kind. An operation *from
//! above* comes through the stacking filesystem, and one *from below* is made directly in the lower
//! one. compat has all unsafe code that is written for the kernel module, all calls of C, and
//! everything that differs between kernels. The driver above it, base0fs, decides what each
//! operation does.
//!
//! All of it is for stacking filesystems. What every other module needs of it, questions and
//! bindings, is made by `probes/` alone.
//!
//! # Where to begin
//!
//! Read these in turn.
//!
//! 1. **Objects.** [`upper::Upper`] is an object of the stacking filesystem, and `lower()` gives
//!    the one behind it: a [`dentry::Dentry`], [`inode::Inode`], [`file::File`] or
//!    [`super_block::SuperBlock`]. A [`mount::Mount`] is always a lower one.
//! 2. **Operations.** [`ops::FileSystem`] and the other traits of [`ops`] are what a driver
//!    implements. [`registration::Registration`] makes the kernel know it.
//! 3. **Requests.** Most operations get a value that stands for the work to be done, and return
//!    the proof that it was done. [`upper::Lookup`] gives [`upper::Found`], [`upper::OpenRequest`]
//!    gives [`upper::Opened`], and [`io::IoRequest`] gives [`io::IoResult`].
//! 4. **Changes.** [`dirop::CreateRequest`], [`dirop::RemoveRequest`], [`dirop::RenameRequest`],
//!    [`attribute::AttributeChange`], [`acl::AclChange`] and [`xattr::XattrChange`] are requests
//!    too. A change needs a [`mount::WriteAccess`], which [`mount::Mount::with_write_access`]
//!    lends. Each request knows with which ids its caller sees the files.
//! 5. **RCU walk.** An operation that must not sleep gets an [`upper::RcuRef`] instead of an
//!    [`upper::Upper`].
//! 6. **Kernels.** [`shims`] has one question for each point where kernels differ. No driver sees
//!    them.
//!
//! This is one operation of a driver. It counts no reference and takes no lock, and it cannot
//! leave a lock behind. The comments say what the types enforce.
//!
//! ```
//! use crate::compat::{dirop::CreateRequest, error::Result, types::umode_t};
//!
//! /// mkdir(2) in the upper directory makes the directory in the lower one.
//! fn mkdir(entry: CreateRequest<'_>, mode: umode_t) -> Result {
//!     let mount = entry.lower_mount();
//!     // `write` ends with the closure. No other value admits a change.
//!     mount.with_write_access(|write| {
//!         // This call consumes `entry`, so the directory is made once. It locks the lower
//!         // directory, makes the entry, updates the upper dentry, and unlocks.
//!         entry.mkdir(write, mode)
//!     })
//! }
//! ```
//!
//! `base0fs/` has all operations, and `lab/tests/misuse` compiles the examples of this text.
//!
//! # The modules, from the top
//!
//! A module imports only modules of the rows below its own, and those to its right in its own row.
//!
//! | modules | what they are |
//! |---|---|
//! | [`registration`] | registers the filesystem type with the VFS |
//! | [`ops`] | the traits that a driver implements, and the VFS's tables made from them |
//! | [`dirop`], [`attribute`], [`acl`], [`link`] | changes to directories and attributes; links |
//! | [`submount`], [`mod@lock`], [`lease`] | what is mounted below; record locks and flock; leases |
//! | [`upper`] | upper objects: [`upper::Upper`], and [`upper::RcuRef`] for RCU walk |
//! | [`fileattr`], [`handle`], [`path`], [`xattr`], [`deferred`] | operations on lower files |
//! | [`delegation`] | waiting until a lower file's delegation is given back |
//! | [`io`], [`ioctl`], [`option`] | requests and outputs that the VFS passes to operations |
//! | [`dentry`], [`mount`], [`inode`], [`mod@file`], [`idmap`], [`super_block`] | the objects of the VFS |
//! | [`members`], [`tables`], [`aref`], [`rcu`], [`error`] | types and macros for the others |
//! | [`shims`], [`raw`] | the differences between kernels |
//!
//! Each point at which kernels differ is a *question* in [`shims`], with one *answer* for each form
//! that kernels have. The build takes the answer that compiles for the target kernel
//! (`docs/architecture.md`).
//!
//! # What a Rust reference promises
//!
//! A Rust reference to an object of the VFS always points to a valid one. The SAFETY comments say
//! "`self` is a valid dentry" for this, and rely on three rules:
//!
//! 1. `&Dentry` is a **lower** dentry. `&Upper<Dentry>` is an upper one, which has the lower object
//!    that the table of [`upper::Upper`] lists. `&Members<Dentry>` is either. The same holds for
//!    the other objects. The placeholder of an exchange is the one exception: it is an upper dentry
//!    without a lower one, held as an `ARef<Dentry>`.
//! 2. Somebody holds a **reference** to the object, which is one unit of its reference count, while
//!    the Rust reference lives: the caller of the operation, an upper object, or an [`aref::ARef`].
//!    An operation may therefore sleep while it has the Rust reference, and may take another
//!    reference.
//! 3. In **RCU walk** nobody holds a reference. A driver gets an [`upper::RcuRef`] there, which can
//!    only read and compare. compat sometimes gets a plain Rust reference out of an `RcuRef`, or
//!    makes one inside [`rcu::read`]. With such a Rust reference it takes no reference, takes no
//!    lock and does not sleep.
//!
//! SAFETY comments say that X *keeps* Y: Y stays valid as long as X.
//!
//! A held `i_rwsem` and a started change are values that unlock when they are dropped. Write access
//! and the RCU read lock are held around a closure. `i_lock` is held within one function. A driver
//! gets none of these values, and no reference that it owns, except the [`mount::WriteAccess`] that
//! is lent to its closure and the [`path::OwnedPath`] of a new mount. `docs/architecture.md` lists
//! what a driver therefore cannot do wrong, and what it still can.
//!
//! # Lock order
//!
//! Upper locks come before lower locks: a task that holds a lower lock never waits for an upper
//! lock. It may call `d_release`, `d_iput` and `evict_inode` of an upper filesystem, from memory
//! reclaim or from `dput()`. These take no upper lock of 1. Within one operation the order is:
//!
//! 1. freeze protection of the upper superblock, then the upper `s_vfs_rename_mutex` and upper
//!    `i_rwsem`s. The VFS takes them, except that compat takes freeze protection for an ioctl(2)
//!    that changes a file. compat itself takes an upper `i_rwsem` in three cases: a write, splice
//!    or copy to a file (shared); the lookups that relocate a directory, or find a file by its
//!    handle (shared, in `lookup_one_unlocked()`); and the update of a set-id program's owner and
//!    mode (exclusive).
//!    Opening the program waits for it; the other updates only try. `sync_fs` runs with the upper
//!    `s_umount` held, and takes the lower one.
//!    compat takes the upper `invalidate_lock` for a change of record locks, and none of these
//!    with it, except that of a lower inode that is an upper one as well;
//! 2. freeze protection of the lower superblock, then write access to the lower mount
//!    ([`mount::Mount::with_write_access`]). A user's system call avoids waiting for a frozen lower
//!    filesystem while it holds an upper `i_rwsem`. There are three exceptions: kernel tasks wait
//!    in `with_write_access`; a write whose filesystem freezes between the check and the write
//!    waits with its inode locked; and [`deferred`] waits if it finds no memory;
//! 3. the lower `s_vfs_rename_mutex` and lower `i_rwsem`s, in the VFS's own order ([`dirop`],
//!    [`attribute`]). One lower `i_rwsem` is taken shared by a lookup (exclusively on some kernels,
//!    for a caller who uses an idmapped upper mount), by reading a directory
//!    (`iterate_dir()`) and by a path walk that compares the layers ([`upper`]), and, of the lower
//!    file, by copying a set-id program's owner and mode. Setting an attribute or an ACL takes that
//!    of the lower file exclusively;
//! 4. with a lower directory locked: the locks that the update of upper dentries takes, which are
//!    those of the inode cache and the dentry cache, and those of security modules. No task waits
//!    for an upper `i_rwsem` here. The records of [`submount`] have a mutex of their own, which is
//!    taken with any of the above held, for a search in a list. Under it only the `d_lock` of a new
//!    submount's root is taken, once, before anybody else can reach that root;
//! 5. the spinlocks `i_lock` and `f_lock`, for a few loads and stores, and never two at once;
//!    `s_inode_list_lock` of an upper superblock, then the `i_lock` of its inodes, while names of
//!    encrypted files are forgotten; `flc_lock` of a lower inode, then that of the upper one, while
//!    a lease is broken ([`lease`]).
//!
//! No operation waits for a delegation or lease with a lower lock held ([`delegation`]). A
//! truncation sleeps up to 30 milliseconds with 2 held, which a freeze waits for.
//!
//! Filesystems of one type can be stacked on each other, so each depth has lockdep classes of its
//! own.
//!
//! # Who owns which reference
//!
//! 1. An upper superblock owns a reference to the lower mount, until its last dentry and inode are
//!    gone.
//! 2. An upper dentry owns a reference to its lower dentry, from `set_lower()` to `d_release`.
//! 3. An upper inode owns a reference to its lower inode, from its allocation to `evict_inode`.
//! 4. An upper file owns a reference to its lower file, from `open` or `tmpfile` to `release`. A
//!    lower lease points to the upper file that it stands for, without a reference, and ends no
//!    later than in `release`.
//! 5. An upper directory's inode owns a reference to an idmap, from the first change to its entries
//!    until it stores another one or `evict_inode`.
//! 6. An operation drops every other reference before it returns.
//!
//!    Rules 2 and 3 have an exception: [`deferred`] takes over a reference to a removed file of a
//!    frozen filesystem, and drops it after the thaw.
//!
//! RCU walk may follow the pointers of 1 to 3 without a reference. They are set once, and not
//! cleared when the reference is dropped. RCU frees the lower object only a grace period after
//! that. RCU walk may therefore find an object that is about to be freed.

// The C type of a constant differs between kernels: a cast that one kernel needs is unnecessary on
// another.
#![allow(clippy::unnecessary_cast)]

pub(crate) mod acl;
mod aref;
pub(crate) mod attribute;
mod deferred;
mod delegation;
pub(crate) mod dentry;
pub(crate) mod dirop;
pub(crate) mod error;
pub(crate) mod file;
pub(crate) mod fileattr;
pub(crate) mod handle;
mod idmap;
pub(crate) mod inode;
pub(crate) mod io;
pub(crate) mod ioctl;
pub(crate) mod lease;
pub(crate) mod link;
pub(crate) mod lock;
pub(crate) mod members;
pub(crate) mod mount;
pub(crate) mod ops;
pub(crate) mod option;
pub(crate) mod path;
mod raw;
mod rcu;
pub(crate) mod registration;
mod shims;
mod submount;
pub(crate) mod super_block;
mod tables;
pub(crate) mod upper;
pub(crate) mod xattr;

/// C types of arguments that a driver passes on.
pub(crate) mod types {
    pub(crate) use bindings::{dev_t, ffi::c_int, umode_t};
}
