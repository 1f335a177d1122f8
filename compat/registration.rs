// SPDX-License-Identifier: GPL-2.0

//! Registration of the module's filesystem type with the VFS.
//!
//! ```
//! use crate::compat::{error::Result, ops::Operations, registration::Registration};
//! use kernel::{prelude::pr_info, ThisModule};
//!
//! /// The init of a module with the driver `T`: the registration is its last step.
//! fn init<T: Operations>(module: &'static ThisModule) -> Result<Registration> {
//!     pr_info!("the name of the filesystem is {:?}\n", T::NAME);
//!     Registration::new::<T>(module)
//! }
//! ```
//!
//! C header: `include/linux/fs.h`

use core::{
    cell::UnsafeCell,
    marker::PhantomData,
    mem::MaybeUninit,
    sync::atomic::{AtomicBool, Ordering},
};

use bindings::file_system_type;
use kernel::ThisModule;

use super::{
    deferred,
    error::{code, from_status, Result},
    ops::{free_file_tables, init_fs_context, kill_sb, Operations},
    submount,
};

/// The module's filesystem type.
///
/// It is a static because lockdep accepts the lock class keys that it contains only in static
/// memory.
struct FileSystemType(UnsafeCell<MaybeUninit<file_system_type>>);

// SAFETY: Only the one caller that sets `IN_USE` writes it, before the VFS knows it. From then on
// the VFS uses it, under its own locks.
unsafe impl Sync for FileSystemType {}

static TYPE: FileSystemType = FileSystemType(UnsafeCell::new(MaybeUninit::zeroed()));

/// Whether there is or was a [`Registration`]. It stays set: mounts use [`TYPE`] after the
/// registration has ended.
static IN_USE: AtomicBool = AtomicBool::new(false);

/// A registered filesystem type, unregistered when dropped.
///
/// Making one must be the last step of a module's init that can fail. As soon as the type is
/// registered it can be mounted, and the kernel frees a module whose init fails, mounted or not. No
/// Rust type can enforce this order.
///
/// # Invariants
///
/// [`TYPE`] is filled and registered, and [`deferred::start`] was called.
pub(crate) struct Registration(PhantomData<()>);

impl Registration {
    /// Registers the filesystem `T` of `module`.
    ///
    /// Errors: `EBUSY` if another filesystem has the name, or if this module has registered one
    /// before; `EINVAL` if the name contains a dot, which separates a type from its subtype.
    pub(crate) fn new<T: Operations>(module: &'static ThisModule) -> Result<Self> {
        // `register_filesystem()` would call BUG().
        if T::NAME.to_bytes().contains(&b'.') {
            return Err(code::EINVAL);
        }
        if IN_USE.swap(true, Ordering::Acquire) {
            return Err(code::EBUSY);
        }
        // SAFETY: `IN_USE` was clear, so `start` has not run, or `stop` has run since.
        unsafe {
            deferred::start();
            submount::start();
        }
        let fs = TYPE.0.get().cast::<file_system_type>();
        // SAFETY: `IN_USE` was clear and is set now, so nobody else writes the type, and the VFS
        // does not know it. Zero is valid for all members: the VFS takes it for empty lists and
        // unused keys.
        unsafe {
            (*fs).owner = module.as_ptr().cast();
            (*fs).name = T::NAME.as_ptr().cast();
            (*fs).init_fs_context = Some(init_fs_context::<T>);
            (*fs).kill_sb = Some(kill_sb);
            // compat moves upper dentries itself, while the lower directories are locked
            // (dirop.rs). It sets the options of security modules itself (ops/super_block.rs).
            (*fs).fs_flags = bindings::FS_RENAME_DOES_D_MOVE
                | bindings::FS_BINARY_MOUNTDATA
                | bindings::FS_ALLOW_IDMAP;
        }
        // SAFETY: The type is filled. It is static, and so outlives the registration and every
        // mount.
        let registered = from_status(unsafe { bindings::register_filesystem(fs) });
        if let Err(error) = registered {
            // SAFETY: `start` was called above, and what is not registered cannot have been
            // mounted.
            unsafe {
                submount::stop();
                deferred::stop();
            }
            IN_USE.store(false, Ordering::Release);
            return Err(error);
        }
        // INVARIANT: The type was filled and registered above, after `start`.
        Ok(Self(PhantomData))
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: The type invariants ensure that the type is registered.
        unsafe { bindings::unregister_filesystem(TYPE.0.get().cast()) };
        // SAFETY: The type invariants ensure that `start` was called. Every mount holds a reference
        // to the module, and the kernel unloads the module only when nobody holds one, so nothing
        // is mounted. Nothing can be mounted any more, because the type is not registered.
        unsafe {
            submount::stop();
            deferred::stop();
        }
        // A walk in RCU mode may still use the tables of an inode or dentry that is gone, and the
        // tables are in this module. The barrier waits until RCU has freed these objects.
        // SAFETY: The caller may sleep.
        unsafe { bindings::rcu_barrier() };
        // SAFETY: As for `stop` above, nothing is mounted, and an open file would keep its mount.
        unsafe { free_file_tables() };
    }
}
