// SPDX-License-Identifier: GPL-2.0

//! Paths: a dentry together with the mount it is reached through.
//!
//! C header: `include/linux/path.h`

use core::{ffi::CStr, mem::MaybeUninit, ptr::NonNull};

use bindings::{ffi::c_uint, kstat, kstatfs};

use super::{
    aref::ARef,
    dentry::Dentry,
    error::{from_status, Result},
    idmap::LowerIdmap,
    members::Members,
    mount::Mount,
    super_block::SuperBlock,
};

/// A borrowed mount and a dentry in it (`struct path`).
///
/// # Invariants
///
/// The dentry belongs to the filesystem of the mount.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    mount: &'a Mount,
    dentry: &'a Dentry,
}

impl<'a> Path<'a> {
    /// # Safety
    ///
    /// `dentry` belongs to the filesystem of `mount`.
    pub(in crate::compat) unsafe fn new(mount: &'a Mount, dentry: &'a Dentry) -> Self {
        // INVARIANT: The safety requirement of this function is the type invariant.
        Self { mount, dentry }
    }

    /// The C structure, valid for `'a`.
    pub(in crate::compat) fn to_raw(self) -> bindings::path {
        bindings::path {
            mnt: self.mount.as_ptr(),
            dentry: self.dentry.as_ptr(),
        }
    }

    /// Gets the attributes of the file. May sleep.
    ///
    /// Errors: `ENOENT` if the dentry is negative; those of the filesystem.
    pub(crate) fn getattr(self, query: AttributeQuery, stat: &mut Stat) -> Result {
        self.dentry.positive()?;
        // SAFETY: The type invariants make a valid path of the two references, and the dentry is
        // positive. `stat` is plain data that the call writes.
        from_status(unsafe {
            bindings::vfs_getattr(&self.to_raw(), &mut stat.0, query.mask, query.flags)
        })
    }

    /// The device number that the file reports. May sleep.
    ///
    /// Errors: those of [`Self::getattr`].
    pub(in crate::compat) fn device(self) -> Result<bindings::dev_t> {
        let mut stat = MaybeUninit::<Stat>::zeroed();
        // SAFETY: The structure is plain data, for which zeros are valid.
        let stat = unsafe { stat.assume_init_mut() };
        let query = AttributeQuery {
            mask: bindings::STATX_BASIC_STATS,
            flags: 0,
        };
        self.getattr(query, stat)?;
        Ok(stat.device())
    }

    /// Gets the statistics of the filesystem. May sleep.
    ///
    /// Errors: those of the filesystem.
    pub(crate) fn statfs(self, stat: &mut StatFs) -> Result {
        // SAFETY: The type invariants make a valid path of the two references. `stat` is plain data
        // that the call writes.
        from_status(unsafe { bindings::vfs_statfs(&self.to_raw(), &mut stat.0) })
    }

    /// Updates the access time of the file, if the mount and the inode allow access times to be
    /// updated. May sleep.
    pub(crate) fn touch_atime(self) {
        if self.dentry.inode().is_some() {
            // SAFETY: The type invariants make a valid path of the two references, and the dentry
            // is positive.
            unsafe { bindings::touch_atime(&self.to_raw()) };
        }
    }
}

/// An owned reference to a mount, and one to a dentry in it.
///
/// # Invariants
///
/// The dentry is positive, and belongs to the filesystem of the mount. It is a directory, except if
/// something that is no directory is mounted below.
pub(crate) struct OwnedPath {
    mount: ARef<Mount>,
    dentry: ARef<Dentry>,
}

impl OwnedPath {
    /// Looks the path `name` up, from the root or working directory of the current task. May sleep.
    ///
    /// Errors: `ENOENT`, `ENOTDIR`, `EACCES`, `ELOOP`, and those of the filesystems on the way.
    pub(in crate::compat) fn of_directory(name: &CStr) -> Result<Self> {
        let mut path = MaybeUninit::<bindings::path>::zeroed();
        let flags = bindings::LOOKUP_FOLLOW as c_uint | bindings::LOOKUP_DIRECTORY as c_uint;
        // SAFETY: A `CStr` ends in a null byte. The call writes all of `path` if it succeeds.
        from_status(unsafe {
            bindings::kern_path(name.as_ptr().cast(), flags, path.as_mut_ptr())
        })?;
        // SAFETY: The call succeeded, and wrote it: a mount and a dentry of its filesystem, with
        // references that are ours. `LOOKUP_DIRECTORY` ends at a directory only.
        Ok(unsafe { Self::from_raw(path.assume_init()) })
    }

    /// Takes over a path.
    ///
    /// # Safety
    ///
    /// `path` has a reference to each of its members, which the caller gives away. The dentry is
    /// positive, and belongs to the filesystem of the mount.
    pub(in crate::compat) unsafe fn from_raw(path: bindings::path) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        // SAFETY: The safety requirements ensure that neither is null, and that the references are
        // ours.
        unsafe {
            Self {
                mount: ARef::from_raw(NonNull::new_unchecked(path.mnt.cast())),
                dentry: ARef::from_raw(NonNull::new_unchecked(path.dentry.cast())),
            }
        }
    }

    /// The directory.
    pub(crate) fn dentry(&self) -> &Dentry {
        &self.dentry
    }

    /// The mount.
    pub(in crate::compat) fn mount(&self) -> &Mount {
        &self.mount
    }

    /// The path, borrowed.
    pub(in crate::compat) fn as_path(&self) -> Path<'_> {
        // SAFETY: The type invariants ensure that the dentry belongs to the filesystem of the
        // mount.
        unsafe { Path::new(&self.mount, &self.dentry) }
    }

    /// Gives both references to the caller.
    pub(in crate::compat) fn into_parts(self) -> (ARef<Mount>, ARef<Dentry>) {
        (self.mount, self.dentry)
    }
}

/// The attributes that are wanted (`STATX_*`), and whether a network filesystem must ask its server
/// (`AT_STATX_*`).
#[derive(Clone, Copy)]
pub(crate) struct AttributeQuery {
    pub(in crate::compat) mask: u32,
    pub(in crate::compat) flags: c_uint,
}

/// The attributes of a file (`struct kstat`).
#[repr(transparent)]
pub(crate) struct Stat(kstat);

impl Stat {
    /// # Safety
    ///
    /// `stat` is initialised, and valid for reads and writes by the caller alone for `'a`.
    pub(in crate::compat) unsafe fn from_raw<'a>(stat: *mut kstat) -> &'a mut Self {
        // SAFETY: The safety requirements of this function ensure that the pointer is valid and
        // unaliased. `Self` is a transparent wrapper of `kstat`.
        unsafe { &mut *stat.cast() }
    }

    /// The device number of the filesystem, or part of one, that the file is on.
    pub(crate) fn device(&self) -> bindings::dev_t {
        self.0.dev
    }

    /// Changes the owner and the group from those of an upper inode of `sb` to those that the
    /// caller sees.
    pub(in crate::compat) fn map_ids(&mut self, sb: &Members<SuperBlock>, idmap: LowerIdmap<'_>) {
        idmap.map_stat(sb, &mut self.0);
    }

    /// Sets the device number.
    pub(crate) fn set_device(&mut self, device: bindings::dev_t) {
        self.0.dev = device;
    }
}

/// The statistics of a filesystem: its size, the free space, its type (`struct kstatfs`).
#[repr(transparent)]
pub(crate) struct StatFs(kstatfs);

impl StatFs {
    /// # Safety
    ///
    /// `stat` is initialised, and valid for reads and writes by the caller alone for `'a`.
    pub(in crate::compat) unsafe fn from_raw<'a>(stat: *mut kstatfs) -> &'a mut Self {
        // SAFETY: The safety requirements of this function ensure that the pointer is valid and
        // unaliased. `Self` is a transparent wrapper of `kstatfs`.
        unsafe { &mut *stat.cast() }
    }
}
