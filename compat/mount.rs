// SPDX-License-Identifier: GPL-2.0

//! Mounts, and the right to write through one.
//!
//! C header: `include/linux/mount.h`

use core::ptr::{addr_of, NonNull};

use bindings::ffi::c_int;
use kernel::types::Opaque;

use super::{
    aref::{ARef, RefCounted},
    error::{code, from_negative, from_status, Error, Result},
    inode::{Inode, Kind},
    super_block::SuperBlock,
};

/// A mount: a filesystem's tree as it is seen from one place (`struct vfsmount`).
#[repr(transparent)]
pub(crate) struct Mount(Opaque<bindings::vfsmount>);

// SAFETY: `mntput()` gives back a count on the mount, which is freed a grace period after its last
// count is gone.
unsafe impl RefCounted for Mount {
    unsafe fn dec_ref(mount: NonNull<Self>) {
        // SAFETY: The caller owns the count.
        unsafe { bindings::mntput(mount.as_ptr().cast()) };
    }
}

impl Mount {
    pub(in crate::compat) fn as_ptr(&self) -> *mut bindings::vfsmount {
        self.0.get()
    }

    /// How the mount maps ids of its filesystem to those that its users see.
    ///
    /// Valid as long as the mount.
    pub(in crate::compat) fn idmap(&self) -> *mut bindings::mnt_idmap {
        // SAFETY: `self` is valid.
        unsafe { bindings::mnt_idmap(self.as_ptr()) }
    }

    /// The owner and group of `inode`, as users of this mount see them.
    #[cold]
    pub(in crate::compat) fn owner_of(
        &self,
        inode: &Inode,
    ) -> (bindings::kuid_t, bindings::kgid_t) {
        let (idmap, inode) = (self.idmap(), inode.as_ptr());
        // SAFETY: Both are valid.
        unsafe {
            (
                bindings::vfsuid_into_kuid(bindings::i_uid_into_vfsuid(idmap, inode)),
                bindings::vfsgid_into_kgid(bindings::i_gid_into_vfsgid(idmap, inode)),
            )
        }
    }

    /// Whether users see other ids than the filesystem has.
    pub(in crate::compat) fn is_idmapped(&self) -> bool {
        // SAFETY: `self` is valid.
        unsafe { bindings::shim_is_idmapped(self.as_ptr()) }
    }

    fn flags(&self) -> c_int {
        // SAFETY: `self` is valid; the flags may change at any time.
        unsafe { addr_of!((*self.as_ptr()).mnt_flags).read_volatile() as c_int }
    }

    /// Whether device files on it are not to be opened.
    pub(crate) fn is_nodev(&self) -> bool {
        self.flags() & bindings::MNT_NODEV as c_int != 0
    }

    /// Whether reading leaves no access times on it.
    pub(in crate::compat) fn is_noatime(&self) -> bool {
        self.flags() & bindings::MNT_NOATIME as c_int != 0
    }

    /// Whether files on it are not to be executed.
    pub(crate) fn is_noexec(&self) -> bool {
        self.flags() & bindings::MNT_NOEXEC as c_int != 0
    }

    /// Whether set-id bits and file capabilities on it have no effect.
    pub(crate) fn is_nosuid(&self) -> bool {
        self.flags() & bindings::MNT_NOSUID as c_int != 0
    }

    /// Whether it, or the filesystem behind it, is read-only now.
    pub(crate) fn is_readonly(&self) -> bool {
        // SAFETY: `self` is valid.
        unsafe { bindings::__mnt_is_readonly(self.as_ptr()) }
    }

    /// The superblock of the filesystem, which the mount keeps and never changes.
    pub(in crate::compat) fn super_block(&self) -> &SuperBlock {
        // SAFETY: `self` is valid, and `mnt_sb` is set when it is made.
        unsafe { &*(*self.as_ptr()).mnt_sb.cast() }
    }

    /// One more count on the mount.
    pub(in crate::compat) fn to_aref(&self) -> ARef<Mount> {
        // SAFETY: `self` is valid, and the count is ours.
        unsafe {
            ARef::from_raw(NonNull::new_unchecked(
                bindings::mntget(self.as_ptr()).cast(),
            ))
        }
    }

    /// Runs `f` on `argument` while the filesystem cannot freeze; gives `argument` back if it is
    /// frozen, or about to be. Does not wait.
    pub(in crate::compat) fn if_not_frozen<A>(&self, argument: A, f: impl FnOnce(A)) -> Option<A> {
        let sb = self.super_block().as_ptr();
        // SAFETY: The mount keeps its superblock.
        if !unsafe { bindings::sb_start_write_trylock(sb) } {
            return Some(argument);
        }
        f(argument);
        // SAFETY: Started above.
        unsafe { bindings::sb_end_write(sb) };
        None
    }

    /// Waits until the filesystem is not frozen. It may freeze again at once. The caller holds no lock
    /// that others want.
    pub(in crate::compat) fn wait_for_thaw(&self) {
        let waits = self.if_not_frozen((), drop).is_some();
        if waits {
            let sb = self.super_block().as_ptr();
            // SAFETY: The mount keeps its superblock, and what is started is ended.
            unsafe {
                bindings::sb_start_write(sb);
                bindings::sb_end_write(sb);
            }
        }
    }

    /// Runs `f` while the mount is writable and its filesystem cannot freeze. To be called before any
    /// inode of the filesystem is locked.
    ///
    /// A frozen filesystem must not be waited for here: the VFS holds locks of the upper layer, such
    /// as that of a directory, which others need to look at what is frozen. A user's system call is
    /// therefore ended with `ERESTARTNOINTR`, after ten to thirty milliseconds, and repeats itself; a
    /// kernel thread waits.
    ///
    /// Errors: `EROFS`, and `ERESTARTNOINTR`, which no program sees.
    pub(crate) fn with_write_access<R>(
        &self,
        f: impl FnOnce(&WriteAccess<'_>) -> Result<R>,
    ) -> Result<R> {
        let sb = self.super_block().as_ptr();
        // SAFETY: The mount keeps its superblock.
        if !unsafe { bindings::sb_start_write_trylock(sb) } {
            // SAFETY: This asks about the current task.
            if unsafe { bindings::shim_is_user_task() } {
                return Err(restart_system_call());
            }
            // SAFETY: The mount keeps its superblock.
            unsafe { bindings::sb_start_write(sb) };
        }
        // SAFETY: `self` is valid.
        let result = from_status(unsafe { bindings::mnt_get_write_access(self.as_ptr()) })
            .and_then(|()| {
                let result = f(&WriteAccess(self));
                // SAFETY: Taken above.
                unsafe { bindings::mnt_put_write_access(self.as_ptr()) };
                result
            });
        // SAFETY: Started above.
        unsafe { bindings::sb_end_write(sb) };
        result
    }

    /// Whether the caller may use `inode`, reached through this mount, as `mask` says (`MAY_*`).
    ///
    /// Errors: `EACCES`, `EPERM`; `EROFS` of a mount or filesystem that is read-only; `ECHILD` if
    /// `mask` has `MAY_NOT_BLOCK` and the answer would sleep.
    ///
    /// # Safety
    ///
    /// `inode` belongs to the filesystem of the mount. Both are counted, or the RCU read lock keeps them
    /// and `mask` has `MAY_NOT_BLOCK`.
    pub(in crate::compat) unsafe fn permission(&self, inode: &Inode, mask: c_int) -> Result {
        // SAFETY: By the contract of this function.
        from_status(unsafe { bindings::inode_permission(self.idmap(), inode.as_ptr(), mask) })?;
        // What is written to a FIFO or a device does not reach the filesystem.
        if mask & bindings::MAY_WRITE != 0 && inode.kind() != Kind::Special && self.is_readonly() {
            return Err(code::EROFS);
        }
        Ok(())
    }
}

/// Ends the system call that goes on so that it repeats itself, after a short sleep.
#[cold]
fn restart_system_call() -> Error {
    // SAFETY: Both concern the current task, which is a user's and may sleep. The sleep keeps a task
    // whose call repeats itself from taking a processor for itself.
    unsafe {
        bindings::shim_sleep_a_little();
        bindings::shim_restart_system_call();
    }
    from_negative(-bindings::ERESTARTNOINTR)
}

/// The right to change the filesystem behind a mount, lent by [`Mount::with_write_access`].
pub(crate) struct WriteAccess<'a>(&'a Mount);

impl WriteAccess<'_> {
    /// The mount.
    pub(crate) fn mount(&self) -> &Mount {
        self.0
    }

    /// Errors: `EXDEV` if the access is to another mount than `mount`.
    pub(in crate::compat) fn require(&self, mount: &Mount) -> Result {
        if core::ptr::eq(self.0, mount) {
            Ok(())
        } else {
            Err(code::EXDEV)
        }
    }
}
