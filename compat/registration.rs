// SPDX-License-Identifier: GPL-2.0

//! Registration: from here on a filesystem can be mounted, and until here it cannot.
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
    ops::{fill_context, kill_super, Operations},
};

/// The module's one filesystem type.
///
/// Static, because lockdep takes the lock classes in it from there alone.
struct FileSystemType(UnsafeCell<MaybeUninit<file_system_type>>);

// SAFETY: `Registration::new` writes it once, since `IN_USE` is not cleared after that, and before the
// VFS knows it. From then on it is the VFS's, which has locks for it.
unsafe impl Sync for FileSystemType {}

static TYPE: FileSystemType = FileSystemType(UnsafeCell::new(MaybeUninit::zeroed()));

/// Whether there is, or was, a [`Registration`]. What is mounted still uses [`TYPE`] after that.
static IN_USE: AtomicBool = AtomicBool::new(false);

/// A registered filesystem.
///
/// It has to be the last step of a module's start that can fail: once registered it can be mounted, and
/// the kernel frees a module whose start fails, mounted or not. No type can see to that.
///
/// # Invariants
///
/// [`TYPE`] is filled and registered.
pub(crate) struct Registration(PhantomData<()>);

impl Registration {
    /// Registers `T`, on behalf of `module`.
    ///
    /// Errors: `EBUSY` if there is a filesystem of that name, or there was one of this module already;
    /// `EINVAL` of a name with a dot, which stands for a filesystem's subtype.
    pub(crate) fn new<T: Operations>(module: &'static ThisModule) -> Result<Self> {
        // The VFS takes such a name for a bug.
        if T::NAME.to_bytes().contains(&b'.') {
            return Err(code::EINVAL);
        }
        if IN_USE.swap(true, Ordering::Acquire) {
            return Err(code::EBUSY);
        }
        // SAFETY: `IN_USE` was clear, so that this is the first call, or the one after `stop`.
        unsafe { deferred::start() };
        let fs = TYPE.0.get().cast::<file_system_type>();
        // SAFETY: Nobody else looks inside: `IN_USE` was clear, so that it neither is nor was
        // registered. Members not named here stay zero: empty lists, unused lock classes.
        let registered = unsafe {
            (*fs).owner = module.as_ptr().cast();
            (*fs).name = T::NAME.as_ptr().cast();
            (*fs).init_fs_context = Some(fill_context::<T>);
            (*fs).kill_sb = Some(kill_super);
            // compat/dirop.rs moves upper dentries while the lower directories are locked.
            (*fs).fs_flags = bindings::FS_RENAME_DOES_D_MOVE;
            from_status(bindings::register_filesystem(fs))
        };
        if let Err(error) = registered {
            // SAFETY: Started above, and nothing could be mounted.
            unsafe { deferred::stop() };
            IN_USE.store(false, Ordering::Release);
            return Err(error);
        }
        // INVARIANT: Registered above.
        Ok(Self(PhantomData))
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: By the type invariant. What is mounted counts the module, and the kernel unloads one
        // that nobody counts. A walk under RCU may then still look at the tables of a freed inode or
        // dentry, which lie in this module: the barrier waits until all of those are gone.
        unsafe {
            bindings::unregister_filesystem(TYPE.0.get().cast());
            deferred::stop();
            bindings::rcu_barrier();
        }
    }
}
