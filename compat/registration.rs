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

// SAFETY: Only the owner of the `Registration`, of which there is one, and the VFS, which has locks
// for it, look inside.
unsafe impl Sync for FileSystemType {}

static TYPE: FileSystemType = FileSystemType(UnsafeCell::new(MaybeUninit::zeroed()));

/// Whether there is a [`Registration`].
static IN_USE: AtomicBool = AtomicBool::new(false);

/// A registered filesystem.
///
/// It has to be the last step of a module's start that can fail: once registered it can be mounted,
/// and the VFS keeps the module while it is.
///
/// # Invariants
///
/// [`TYPE`] is filled and registered, and `IN_USE` is set on behalf of this value.
pub(crate) struct Registration(PhantomData<()>);

impl Registration {
    /// Registers `T`, on behalf of `module`.
    ///
    /// Errors: `EBUSY` if there is a filesystem of that name, or one of this module already.
    pub(crate) fn new<T: Operations>(module: &'static ThisModule) -> Result<Self> {
        if IN_USE.swap(true, Ordering::Acquire) {
            return Err(code::EBUSY);
        }
        // SAFETY: `IN_USE` was clear, so that this is the first call, or the one after `stop`.
        unsafe { deferred::start() };
        let fs = TYPE.0.get().cast::<file_system_type>();
        // SAFETY: Nobody else looks inside: it is not registered, and `IN_USE` was clear. Members not
        // named here stay zero: empty lists, unused lock classes.
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
        // SAFETY: By the type invariant. A module is unloaded only when nothing is mounted; after the
        // barrier no callback of a freed inode or dentry runs any more, so that nobody uses this
        // module's code when it goes.
        unsafe {
            bindings::unregister_filesystem(TYPE.0.get().cast());
            deferred::stop();
            bindings::rcu_barrier();
        }
        IN_USE.store(false, Ordering::Release);
    }
}
