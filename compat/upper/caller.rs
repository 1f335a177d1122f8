// SPDX-License-Identifier: GPL-2.0

//! The idmap of the caller of `unlink`, `rmdir` and `link`.
//!
//! The VFS does not pass an idmap to these three operations. Before each of them, it calls
//! `permission` for the directory, with `MAY_WRITE | MAY_EXEC` and with the idmap of the mount in
//! use (`may_delete()`, `may_create()`). It holds the directory's `i_rwsem` exclusively from before
//! that call until after the operation. So `permission` stores the idmap in the directory's inode,
//! if the current task holds that lock, and the operation finds the idmap of its own caller there:
//! only a task that holds the lock stores one, and the operation's own task has stored the last.
//!
//! Others may ask for the same permission at the same time, such as access(2). They do not hold the
//! lock, and store nothing.

use core::{
    mem,
    ptr::{addr_of_mut, null_mut},
    sync::atomic::{AtomicPtr, Ordering},
};

use bindings::{ffi::c_ulong, mnt_idmap};

use crate::compat::{
    idmap::CallerIdmap,
    inode::{AccessMask, Inode},
    shims::write_owner::{self, WriteOwner},
    upper::Upper,
};

impl Upper<Inode> {
    /// The idmap with which the VFS has last asked for the permission to change the entries of this
    /// directory, by a task that held its `i_rwsem` exclusively. Stored in
    /// `i_data.writeback_index`, the place in a file where the VFS continues to write dirty pages.
    /// An upper directory has no pages.
    ///
    /// No user can read this member. (`i_blocks`, for example, would show the address of an idmap
    /// to everybody who can open the directory: `do_vfs_ioctl()` answers FIOQSIZE by it.)
    ///
    /// The pointer is null, or the inode owns a reference to the idmap until it stores another one
    /// or is evicted.
    fn caller_ptr(&self) -> &AtomicPtr<mnt_idmap> {
        const ROOM: () = assert!(
            mem::size_of::<c_ulong>() == mem::size_of::<*mut mnt_idmap>(),
            "writeback_index has no room for a pointer"
        );
        let () = ROOM;
        // SAFETY: `self` is valid. The member is as large as a pointer, and aligned. The VFS uses
        // it only while it writes dirty pages of this inode's own mapping (`write_cache_pages()`),
        // which a directory without pages never has. All accesses of this layer go through this
        // function, so all are atomic.
        unsafe { AtomicPtr::from_ptr(addr_of_mut!((*self.as_ptr()).i_data.writeback_index).cast()) }
    }

    /// Says that no idmap is stored in this inode, which is new.
    pub(in crate::compat) fn init_caller(&self) {
        self.caller_ptr().store(null_mut(), Ordering::Relaxed);
    }

    /// Drops the reference to the stored idmap.
    ///
    /// # Safety
    ///
    /// Nobody else uses the inode, and nobody will.
    pub(in crate::compat) unsafe fn put_caller(&self) {
        let idmap = self.caller_ptr().load(Ordering::Relaxed);
        if !idmap.is_null() {
            // SAFETY: The inode owns a reference, which is dropped once, by the safety requirement.
            unsafe { bindings::mnt_idmap_put(idmap) };
        }
    }

    /// Whether the current task holds the `i_rwsem` of this inode exclusively.
    fn is_locked_by_this_task(&self) -> bool {
        // SAFETY: `self` is valid.
        unsafe { write_owner::Answer::is_current(self.as_ptr()) }
    }

    /// Stores the idmap of a caller who asks for the access `mask` to this directory, if an
    /// operation may follow that needs it.
    #[inline]
    pub(in crate::compat) fn remember_caller(&self, mask: AccessMask<'_>) {
        if mask.is_change_of_entries() && self.is_locked_by_this_task() {
            self.store_caller(mask.caller());
        }
    }

    /// Stores an idmap. The current task holds `i_rwsem` exclusively.
    fn store_caller(&self, caller: CallerIdmap<'_>) {
        let (slot, idmap) = (self.caller_ptr(), caller.as_ptr());
        // The lock excludes other writers.
        let old = slot.load(Ordering::Relaxed);
        if old == idmap {
            return;
        }
        // SAFETY: By its type invariant the idmap is valid.
        slot.store(unsafe { bindings::mnt_idmap_get(idmap) }, Ordering::Relaxed);
        if !old.is_null() {
            // SAFETY: The inode owned a reference, and does not have this pointer any more. No
            // operation uses it: the current task holds the lock that an operation needs.
            unsafe { bindings::mnt_idmap_put(old) };
        }
    }

    /// The idmap of the caller of `unlink`, `rmdir` or `link` in this directory.
    ///
    /// If it is not known, this is the idmap that maps nothing. That happens only if the VFS has
    /// not asked for the permission before, in this task. Then the lower filesystem makes its
    /// checks as for a mount without an idmap, in addition to those that the VFS has made.
    ///
    /// # Safety
    ///
    /// The current operation has been called for this directory by the VFS, which holds its
    /// `i_rwsem` exclusively until the operation returns. The result is used until then only.
    pub(in crate::compat) unsafe fn caller(&self) -> CallerIdmap<'_> {
        let idmap = self.caller_ptr().load(Ordering::Relaxed);
        let idmap = match idmap.is_null() || !self.is_locked_by_this_task() {
            true => CallerIdmap::none().as_ptr(),
            false => idmap,
        };
        // SAFETY: The inode owns a reference to the idmap. Only a task that holds `i_rwsem`
        // exclusively replaces it, and that is this task, which does not before the operation
        // returns: lower functions do not call `permission` of an upper directory.
        unsafe { CallerIdmap::from_raw(idmap) }
    }
}
