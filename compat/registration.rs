// SPDX-License-Identifier: GPL-2.0

//! Registration: from here on a filesystem can be mounted, and until here it cannot.
//!
//! C header: `include/linux/fs.h`

use core::{mem::MaybeUninit, ptr::NonNull};

use bindings::file_system_type;
use kernel::{alloc::flags::GFP_KERNEL, prelude::KBox, ThisModule};

use super::{
    error::{from_status, Result},
    ops::{fill_context, kill_super, Operations},
};

/// A registered filesystem.
///
/// It has to be the last step of a module's start that can fail: once registered it can be mounted,
/// and the VFS keeps the module while it is.
///
/// # Invariants
///
/// The type is registered, and stays at its address until it is unregistered.
pub(crate) struct Registration(NonNull<file_system_type>);

// SAFETY: The VFS guards the type with locks of its own; the value is only dropped.
unsafe impl Send for Registration {}

// SAFETY: There is nothing to be done with a shared reference.
unsafe impl Sync for Registration {}

impl Registration {
    /// Registers `T`, on behalf of `module`.
    ///
    /// Errors: `EBUSY` if there is a filesystem of that name, `ENOMEM`.
    pub(crate) fn new<T: Operations>(module: &'static ThisModule) -> Result<Self> {
        // SAFETY: Every member may be zero: no flags, null, empty lists and unused lock classes.
        let mut fs: file_system_type = unsafe { MaybeUninit::zeroed().assume_init() };
        fs.owner = module.as_ptr().cast();
        fs.name = T::NAME.as_ptr().cast();
        fs.init_fs_context = Some(fill_context::<T>);
        fs.kill_sb = Some(kill_super);
        let fs = KBox::into_raw(KBox::new(fs, GFP_KERNEL)?);
        // SAFETY: `into_raw` never returns null; the allocation is ours.
        let registration = unsafe { NonNull::new_unchecked(fs) };
        // SAFETY: The type stays at its address until `drop`.
        if let Err(error) = from_status(unsafe { bindings::register_filesystem(fs) }) {
            // SAFETY: Allocated above, and unknown to the VFS.
            drop(unsafe { KBox::from_raw(fs) });
            return Err(error);
        }
        // INVARIANT: Registered above.
        Ok(Self(registration))
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: By the type invariant. A module is unloaded only when nothing is mounted, and after
        // the barrier no callback of a freed inode or dentry runs any more, so that nobody uses the
        // type when it is freed.
        unsafe {
            bindings::unregister_filesystem(self.0.as_ptr());
            bindings::rcu_barrier();
            drop(KBox::from_raw(self.0.as_ptr()));
        }
    }
}
