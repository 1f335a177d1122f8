// SPDX-License-Identifier: GPL-2.0

//! Idmaps: which ids the users of a mount see in the place of those that its filesystem has.
//!
//! Upper inodes have the ids that the lower mount shows. An upper mount may be idmapped as well
//! (`mount_setattr(2)`), and one upper superblock may have several mounts. The VFS therefore passes
//! the idmap of the upper mount in use to each operation. If the lower mount maps nothing, upper
//! and lower inodes have the same ids. A lower function that gets the idmap of the upper mount then
//! does what it would do on a mount of the lower directory with this idmap.
//!
//! If the lower mount is idmapped, lower functions get its idmap. No exported function of the
//! kernel makes one idmap of two, so mounts of such an upper superblock cannot be idmapped
//! (`SB_I_NOIDMAP`).
//!
//! C header: `include/linux/mnt_idmapping.h`

use core::{
    marker::PhantomData,
    ptr::{addr_of, addr_of_mut},
};

use bindings::{kstat, mnt_idmap, posix_acl, shim_idmaps, vfsmount};

use super::{members::Members, super_block::SuperBlock};

/// The idmap of a mount that maps nothing (`nop_mnt_idmap`).
#[inline]
fn no_idmap() -> *mut mnt_idmap {
    // SAFETY: The address is taken, and nothing is read. Newer compilers consider this safe.
    #[allow(unused_unsafe)]
    unsafe {
        addr_of_mut!(bindings::nop_mnt_idmap)
    }
}

/// Whether users of the mount see other ids than its filesystem has. This is no call, because every
/// step of a path walk asks.
///
/// # Safety
///
/// The mount is valid.
#[inline]
pub(in crate::compat) unsafe fn is_idmapped(mount: *const vfsmount) -> bool {
    // SAFETY: The safety requirement of this function ensures that the mount is valid. The idmap
    // can be set at any time, so it is read once, as `mnt_idmap()` does.
    unsafe { addr_of!((*mount).mnt_idmap).read_volatile() != no_idmap() }
}

/// The idmap that one operation of the VFS passes: that of the upper mount in use.
///
/// A request of the VFS holds it, or the [`LowerIdmap`] that follows from it. A driver gets
/// neither, so it cannot use the idmap of another caller.
///
/// # Invariants
///
/// The pointer is a valid idmap for `'a`.
#[derive(Clone, Copy)]
pub(in crate::compat) struct CallerIdmap<'a>(*mut mnt_idmap, PhantomData<&'a ()>);

impl CallerIdmap<'_> {
    /// # Safety
    ///
    /// `idmap` is valid while the value lives.
    pub(in crate::compat) unsafe fn from_raw(idmap: *mut mnt_idmap) -> Self {
        // INVARIANT: The safety requirement of this function is the type invariant.
        Self(idmap, PhantomData)
    }

    /// The idmap of a mount that maps nothing, for operations to which the VFS passes none.
    #[inline]
    pub(in crate::compat) fn none() -> Self {
        // INVARIANT: This idmap is static.
        Self(no_idmap(), PhantomData)
    }

    /// The C structure.
    pub(in crate::compat) fn as_ptr(self) -> *mut mnt_idmap {
        self.0
    }
}

/// The idmap for lower functions that work for one caller.
///
/// # Invariants
///
/// Both pointers are valid idmaps for `'a`. `whole` maps the ids of lower inodes to those that the
/// caller sees, and `upper` maps those of upper inodes.
#[derive(Clone, Copy)]
pub(in crate::compat) struct LowerIdmap<'a>(shim_idmaps, PhantomData<&'a ()>);

impl<'a> LowerIdmap<'a> {
    /// [`super::mount::Mount::idmap_for`] describes it.
    ///
    /// # Safety
    ///
    /// `mount` is a mount that is valid for `'a`.
    #[inline]
    pub(in crate::compat) unsafe fn new(mount: *const vfsmount, caller: CallerIdmap<'a>) -> Self {
        // SAFETY: The safety requirement of this function is that of the call.
        let idmaps = if unsafe { is_idmapped(mount) } {
            // SAFETY: The safety requirement of this function ensures that the mount is valid, and
            // by its type invariant the caller's idmap is.
            unsafe { bindings::shim_idmaps_of(mount, caller.as_ptr()) }
        } else {
            let (whole, upper) = (caller.as_ptr(), caller.as_ptr());
            shim_idmaps { whole, upper }
        };
        // INVARIANT: Each of the two idmaps is that of the mount, that of the caller, or a static
        // one.
        Self(idmaps, PhantomData)
    }

    /// The C structure for functions that get lower inodes.
    pub(in crate::compat) fn as_ptr(self) -> *mut mnt_idmap {
        self.0.whole
    }

    /// Whether the caller sees other ids than upper inodes have.
    #[inline]
    pub(in crate::compat) fn maps_above(self) -> bool {
        self.0.upper != no_idmap()
    }

    /// Changes the ids of `stat` from those of an upper inode of `sb` to those that the caller
    /// sees.
    #[inline]
    pub(in crate::compat) fn map_stat(self, sb: &Members<SuperBlock>, stat: &mut kstat) {
        if !self.maps_above() {
            return;
        }
        // SAFETY: By the type invariant the pointer is a valid idmap. Superblock and structure come
        // from references.
        unsafe { bindings::shim_map_stat(self.0.upper, sb.as_ptr(), stat) };
    }

    /// A new ACL with the ids that the caller sees, made of one with those of upper inodes of `sb`.
    /// Null if there is no memory. May sleep.
    ///
    /// # Safety
    ///
    /// `acl` is valid for the call.
    pub(in crate::compat) unsafe fn mapped_acl(
        self,
        sb: &Members<SuperBlock>,
        acl: *const posix_acl,
    ) -> *mut posix_acl {
        // SAFETY: By the type invariant the pointer is a valid idmap. The superblock comes from a
        // reference. The safety requirement of this function ensures that `acl` is valid.
        unsafe { bindings::shim_mapped_acl(self.0.upper, sb.as_ptr(), acl) }
    }
}
