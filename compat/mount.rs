// SPDX-License-Identifier: GPL-2.0

//! Mounts, and the right to write through one.
//!
//! C header: `include/linux/mount.h`

use core::ptr::{addr_of, NonNull};

use bindings::ffi::c_int;
use kernel::types::Opaque;

use super::{
    counted::Countable,
    error::{code, from_status, Result},
    inode::{AccessMask, Inode, Kind},
};

/// A mount: a filesystem's tree as it is seen from one place (`struct vfsmount`).
#[repr(transparent)]
pub(crate) struct Mount(Opaque<bindings::vfsmount>);

// SAFETY: `mntput()` gives back a count on the mount, which is freed a grace period after its last
// count is gone.
unsafe impl Countable for Mount {
    unsafe fn put(mount: NonNull<Self>) {
        // SAFETY: The caller owns the count.
        unsafe { bindings::mntput(mount.as_ptr().cast()) };
    }
}

impl Mount {
    pub(crate) fn as_ptr(&self) -> *mut bindings::vfsmount {
        self.0.get()
    }

    /// How the mount maps ids of its filesystem to those that its users see.
    ///
    /// Valid as long as the mount.
    pub(crate) fn idmap(&self) -> *mut bindings::mnt_idmap {
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

    /// Keeps the mount writable, and its filesystem unfrozen, until the value is dropped.
    ///
    /// Errors: `EROFS`. May sleep while the filesystem is frozen. To be taken before any inode of
    /// the filesystem is locked.
    pub(crate) fn want_write(&self) -> Result<WriteAccess<'_>> {
        // SAFETY: `self` is valid.
        from_status(unsafe { bindings::mnt_want_write(self.as_ptr()) })?;
        // INVARIANT: Taken above.
        Ok(WriteAccess(self))
    }

    /// Whether the caller may use `inode`, reached through this mount, as `mask` says.
    ///
    /// Errors: `EACCES`, `EPERM`; `EROFS` of a mount or filesystem that is read-only; `ECHILD` if
    /// `mask` must not block and the answer would.
    pub(crate) fn permission(&self, inode: &Inode, mask: AccessMask) -> Result {
        // SAFETY: Both are valid, `inode` being of the mount's filesystem or at worst checked with
        // the wrong idmap.
        from_status(unsafe {
            bindings::inode_permission(self.idmap(), inode.as_ptr(), mask.bits())
        })?;
        // What is written to a FIFO or a device does not reach the filesystem.
        if mask.writes() && inode.kind() != Kind::Special && self.is_readonly() {
            return Err(code::EROFS);
        }
        Ok(())
    }
}

/// The right to change the filesystem behind a mount.
///
/// # Invariants
///
/// `mnt_want_write()` has succeeded for the mount and has not been given back.
pub(crate) struct WriteAccess<'a>(&'a Mount);

impl WriteAccess<'_> {
    /// The mount.
    pub(crate) fn mount(&self) -> &Mount {
        self.0
    }
}

impl Drop for WriteAccess<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::mnt_drop_write(self.0.as_ptr()) };
    }
}
