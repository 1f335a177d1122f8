// SPDX-License-Identifier: GPL-2.0

//! Mounts, and write access to one.
//!
//! C header: `include/linux/mount.h`

use core::ptr::NonNull;

use bindings::ffi::c_int;
use kernel::types::Opaque;

use super::{
    aref::{ARef, RefCounted},
    delegation,
    error::{code, from_negative, from_status, Error, Result},
    idmap::{self, CallerIdmap, LowerIdmap},
    inode::{AccessAnswer, Inode, Kind},
    members::read_once,
    super_block::SuperBlock,
};

/// A mount: one place in the tree at which a filesystem is attached (`struct vfsmount`).
///
/// Every `Mount` is a lower one. An upper superblock holds a reference to it, and before that the
/// mount(2) that makes the superblock does.
#[repr(transparent)]
pub(crate) struct Mount(Opaque<bindings::vfsmount>);

// SAFETY: The VFS frees a mount only after its last reference is dropped. `mntput()` drops one.
unsafe impl RefCounted for Mount {
    unsafe fn dec_ref(mount: NonNull<Self>) {
        // SAFETY: The safety requirements of this function ensure that the caller owns a reference,
        // which this call may drop.
        unsafe { bindings::mntput(mount.as_ptr().cast()) };
    }
}

impl Mount {
    pub(in crate::compat) fn as_ptr(&self) -> *mut bindings::vfsmount {
        self.0.get()
    }

    /// The mapping between the filesystem's ids and those that users of this mount see. Valid as
    /// long as the mount. What is done for a caller of the upper layer needs a [`LowerIdmap`].
    pub(in crate::compat) fn idmap(&self) -> *mut bindings::mnt_idmap {
        read_once!(self, mnt_idmap)
    }

    /// The idmap for the files of this lower mount, on behalf of a caller for whom the VFS has
    /// passed `caller`.
    ///
    /// If both mounts are idmapped, the result maps no id at all, so nobody owns anything. That
    /// happens only if the lower mount was in no tree when base0fs was mounted on it, and was
    /// idmapped after that.
    #[inline]
    pub(in crate::compat) fn idmap_for<'a>(&'a self, caller: CallerIdmap<'a>) -> LowerIdmap<'a> {
        // SAFETY: `self` is a valid mount for `'a`.
        unsafe { LowerIdmap::new(self.as_ptr(), caller) }
    }

    /// The owner and group of `inode`, as users of this mount see them.
    #[cold]
    pub(in crate::compat) fn owner_of(
        &self,
        inode: &Inode,
    ) -> (bindings::kuid_t, bindings::kgid_t) {
        let (idmap, inode) = (self.idmap(), inode.as_ptr());
        // SAFETY: The mount keeps `idmap`, and `inode` comes from a reference.
        unsafe {
            (
                bindings::vfsuid_into_kuid(bindings::i_uid_into_vfsuid(idmap, inode)),
                bindings::vfsgid_into_kgid(bindings::i_gid_into_vfsgid(idmap, inode)),
            )
        }
    }

    /// Whether users see other ids than the filesystem has.
    #[inline]
    pub(in crate::compat) fn is_idmapped(&self) -> bool {
        // SAFETY: `self` is a valid mount.
        unsafe { idmap::is_idmapped(self.as_ptr()) }
    }

    /// `mnt_flags` (`MNT_*`), which a remount can change at any time.
    fn flags(&self) -> c_int {
        read_once!(self, mnt_flags) as c_int
    }

    /// Whether no device file can be opened through it.
    pub(crate) fn is_nodev(&self) -> bool {
        self.flags() & bindings::MNT_NODEV as c_int != 0
    }

    /// Whether reads through it update no access time.
    pub(in crate::compat) fn is_noatime(&self) -> bool {
        self.flags() & bindings::MNT_NOATIME as c_int != 0
    }

    /// Whether reads through it update an access time that is old (`MNT_RELATIME`, without
    /// `MNT_NOATIME`).
    pub(in crate::compat) fn is_relatime_only(&self) -> bool {
        let both = (bindings::MNT_RELATIME | bindings::MNT_NOATIME) as c_int;
        self.flags() & both == bindings::MNT_RELATIME as c_int
    }

    /// Whether no file can be executed through it.
    pub(crate) fn is_noexec(&self) -> bool {
        self.flags() & bindings::MNT_NOEXEC as c_int != 0
    }

    /// Whether set-id bits and file capabilities have no effect through it.
    pub(crate) fn is_nosuid(&self) -> bool {
        self.flags() & bindings::MNT_NOSUID as c_int != 0
    }

    /// Whether the mount or its filesystem is read-only now.
    pub(crate) fn is_readonly(&self) -> bool {
        // SAFETY: `self` is a valid mount.
        unsafe { bindings::shim_is_readonly(self.as_ptr()) }
    }

    /// The superblock of the filesystem, which never changes.
    pub(in crate::compat) fn super_block(&self) -> &SuperBlock {
        // SAFETY: `mnt_sb` is set when the mount is made, and a mount keeps its superblock.
        unsafe { &*(*self.as_ptr()).mnt_sb.cast() }
    }

    /// Takes a reference to the mount.
    pub(in crate::compat) fn to_aref(&self) -> ARef<Mount> {
        // SAFETY: Outside of RCU walk somebody holds a reference to `self`, so another one may be
        // taken.
        let mount = unsafe { bindings::mntget(self.as_ptr()) };
        // SAFETY: `mntget()` returns its argument, which is not null. The reference that it has
        // taken is ours.
        unsafe { ARef::from_raw(NonNull::new_unchecked(mount.cast())) }
    }

    /// Runs `f` on `argument` while the filesystem cannot freeze. If the filesystem is frozen or
    /// about to freeze, returns `argument` instead. Does not wait.
    pub(in crate::compat) fn if_not_frozen<A>(&self, argument: A, f: impl FnOnce(A)) -> Option<A> {
        let sb = self.super_block().as_ptr();
        // SAFETY: `sb` comes from a reference.
        if !unsafe { bindings::sb_start_write_trylock(sb) } {
            return Some(argument);
        }
        f(argument);
        // SAFETY: The start above succeeded, and this task has not ended it yet.
        unsafe { bindings::sb_end_write(sb) };
        None
    }

    /// Whether the filesystem is frozen, or about to freeze. Does not wait.
    pub(in crate::compat) fn is_frozen(&self) -> bool {
        self.if_not_frozen((), drop).is_some()
    }

    /// Waits until the filesystem is not frozen. It may freeze again at once. The caller holds no
    /// lock that other tasks wait for.
    pub(in crate::compat) fn wait_for_thaw(&self) {
        if self.is_frozen() {
            let sb = self.super_block().as_ptr();
            // SAFETY: `sb` comes from a reference. The end follows the start in the same task.
            unsafe {
                bindings::sb_start_write(sb);
                bindings::sb_end_write(sb);
            }
        }
    }

    /// Runs `f` while the mount is writable and its filesystem cannot freeze. The caller holds no
    /// lock of an inode of that filesystem.
    ///
    /// This must not wait for a frozen filesystem: the VFS holds upper locks, such as a
    /// directory's, and tasks that only read would wait for those. So a user's system call sleeps
    /// for 10 to 30 milliseconds and fails with `ERESTARTNOINTR`, on which the kernel repeats it. A
    /// kernel thread cannot repeat a call, and waits.
    ///
    /// The same happens, without write access, if `f` would have to wait for a delegation
    /// ([`super::delegation`]). There a signal interrupts the call.
    ///
    /// Errors: `EROFS`; `ERESTARTNOINTR` and `ERESTARTSYS`, which no program sees; those of `f`.
    pub(crate) fn with_write_access<R>(
        &self,
        f: impl FnOnce(&WriteAccess<'_>) -> Result<R>,
    ) -> Result<R> {
        let sb = self.super_block().as_ptr();
        // SAFETY: `sb` comes from a reference.
        if !unsafe { bindings::sb_start_write_trylock(sb) } {
            // SAFETY: The call reads the flags of the current task, which always exists.
            if unsafe { bindings::shim_is_user_task() } {
                return Err(restart_system_call());
            }
            // SAFETY: `sb` comes from a reference, and the caller may sleep.
            unsafe { bindings::sb_start_write(sb) };
        }
        // SAFETY: `self` is a valid mount.
        let result = from_status(unsafe { bindings::mnt_get_write_access(self.as_ptr()) })
            .and_then(|()| {
                let result = f(&WriteAccess(self));
                // SAFETY: This closure runs only if `mnt_get_write_access()` succeeded, and only
                // once.
                unsafe { bindings::mnt_put_write_access(self.as_ptr()) };
                result
            });
        // SAFETY: One of the two starts above succeeded, and this task has not ended it yet.
        unsafe { bindings::sb_end_write(sb) };
        match result {
            // Write access has ended, so a freeze need not wait.
            Err(error) if error == delegation::repeat_after_wait() => {
                Err(restart_interruptible_system_call())
            }
            result => result,
        }
    }

    /// Checks whether the caller may access `inode` through this mount, as `mask` says (`MAY_*`).
    /// `caller` is the idmap that the VFS has passed for him.
    ///
    /// Errors in the answer: `EACCES`, `EPERM`; `EROFS` if the mount or its filesystem is
    /// read-only; `ECHILD` if `mask` has `MAY_NOT_BLOCK` and the check would sleep.
    ///
    /// # Safety
    ///
    /// `mask` is what the current operation was asked for. `inode` belongs to the filesystem of the
    /// mount. Either both are referenced and the caller may sleep, or the RCU read lock keeps both
    /// and `mask` has `MAY_NOT_BLOCK`.
    pub(in crate::compat) unsafe fn permission(
        &self,
        caller: CallerIdmap<'_>,
        inode: &Inode,
        mask: c_int,
    ) -> AccessAnswer {
        let idmap = self.idmap_for(caller);
        // SAFETY: By its type invariant the idmap is valid. The safety requirements of this
        // function ensure that the inode is, and that the call does not sleep where only RCU keeps
        // it.
        let mut status =
            unsafe { bindings::inode_permission(idmap.as_ptr(), inode.as_ptr(), mask) };
        let writes = mask & bindings::MAY_WRITE != 0;
        // A write to a FIFO or a device does not change the filesystem.
        if status == 0 && writes && inode.kind() != Kind::Special && self.is_readonly() {
            status = code::EROFS.to_errno();
        }
        // SAFETY: The safety requirements of this function are those of the call.
        unsafe { AccessAnswer::new(status) }
    }
}

/// Sleeps briefly, and makes the kernel repeat the current system call when the call returns the
/// error.
///
/// The caller is a user's task that may sleep.
#[cold]
fn restart_system_call() -> Error {
    // SAFETY: Both calls act on the current task alone. It may sleep, and without the sleep it
    // would repeat its call in a busy loop.
    unsafe {
        bindings::shim_sleep_a_little();
        bindings::shim_pretend_signal();
    }
    from_negative(-bindings::ERESTARTNOINTR)
}

/// As [`restart_system_call`], but a signal interrupts the system call, which then fails with
/// `EINTR` or is repeated, as sigaction(2) says.
#[cold]
fn restart_interruptible_system_call() -> Error {
    // SAFETY: The calls act on the current task alone, which is a user's and may sleep.
    unsafe {
        if bindings::shim_doze() {
            return from_negative(-bindings::ERESTARTSYS);
        }
        bindings::shim_pretend_signal();
    }
    from_negative(-bindings::ERESTARTNOINTR)
}

/// Write access to a mount, lent by [`Mount::with_write_access`].
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
