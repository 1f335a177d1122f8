// SPDX-License-Identifier: GPL-2.0

//! Paths: a dentry as it is reached through a mount.
//!
//! C header: `include/linux/path.h`

use core::{ffi::CStr, mem::MaybeUninit, ptr::NonNull};

use bindings::{ffi::c_uint, kstat, kstatfs};

use super::{
    aref::ARef,
    dentry::Dentry,
    error::{from_status, Result},
    mount::Mount,
};

/// A mount and a dentry in it, both of which somebody else keeps (`struct path`).
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
    /// The type invariant holds.
    pub(in crate::compat) unsafe fn new(mount: &'a Mount, dentry: &'a Dentry) -> Self {
        // INVARIANT: By the contract of this function.
        Self { mount, dentry }
    }

    /// What C wants; valid as long as the two references.
    pub(in crate::compat) fn to_raw(self) -> bindings::path {
        bindings::path {
            mnt: self.mount.as_ptr(),
            dentry: self.dentry.as_ptr(),
        }
    }

    /// Asks for the attributes of what the path leads to.
    ///
    /// Errors: whatever its filesystem says.
    pub(crate) fn getattr(self, query: AttributeQuery, stat: &mut Stat) -> Result {
        self.dentry.positive()?;
        // SAFETY: The path is valid and positive, and `stat` is overwritten as a whole.
        from_status(unsafe {
            bindings::vfs_getattr(&self.to_raw(), &mut stat.0, query.mask, query.flags)
        })
    }

    /// The device that the file reports.
    ///
    /// Errors: whatever its filesystem says.
    pub(in crate::compat) fn device(self) -> Result<bindings::dev_t> {
        let mut stat = Stat(kstat::default());
        let query = AttributeQuery {
            mask: bindings::STATX_BASIC_STATS,
            flags: 0,
        };
        self.getattr(query, &mut stat)?;
        Ok(stat.device())
    }

    /// Asks for the figures of the filesystem that the path leads to.
    ///
    /// Errors: whatever it says.
    pub(crate) fn statfs(self, figures: &mut FilesystemFigures) -> Result {
        // SAFETY: The path is valid, and `figures` is ours.
        from_status(unsafe { bindings::vfs_statfs(&self.to_raw(), &mut figures.0) })
    }

    /// Notes that the file has been read, where its mount wants that noted.
    pub(crate) fn touch(self) {
        if self.dentry.inode().is_some() {
            // SAFETY: The path is valid and positive.
            unsafe { bindings::touch_atime(&self.to_raw()) };
        }
    }
}

/// A mount and a directory in it, kept.
///
/// # Invariants
///
/// The dentry is positive, a directory, and belongs to the filesystem of the mount.
pub(crate) struct OwnedPath {
    mount: ARef<Mount>,
    dentry: ARef<Dentry>,
}

impl OwnedPath {
    /// Follows `name`, from the caller's root or working directory, to a directory. May sleep.
    ///
    /// Errors: `ENOENT`, `ENOTDIR`, `EACCES`, `ELOOP` and what filesystems on the way say.
    pub(in crate::compat) fn of_directory(name: &CStr) -> Result<Self> {
        let mut path = MaybeUninit::<bindings::path>::zeroed();
        let flags = bindings::LOOKUP_FOLLOW as c_uint | bindings::LOOKUP_DIRECTORY as c_uint;
        // SAFETY: `name` ends in a null byte; `path` is filled on success.
        from_status(unsafe {
            bindings::kern_path(name.as_ptr().cast(), flags, path.as_mut_ptr())
        })?;
        // SAFETY: Filled, with one count on each, which the two values take over.
        // INVARIANT: A walk that was asked for a directory ends at one, and leaves a mount together
        // with its filesystem.
        unsafe {
            let path = path.assume_init();
            Ok(Self {
                mount: ARef::from_raw(NonNull::new_unchecked(path.mnt.cast())),
                dentry: ARef::from_raw(NonNull::new_unchecked(path.dentry.cast())),
            })
        }
    }

    /// The directory.
    pub(crate) fn dentry(&self) -> &Dentry {
        &self.dentry
    }

    /// The path, as long as it is kept.
    pub(in crate::compat) fn as_path(&self) -> Path<'_> {
        // SAFETY: A walk leaves a mount together with a dentry of its filesystem.
        unsafe { Path::new(&self.mount, &self.dentry) }
    }

    pub(in crate::compat) fn into_parts(self) -> (ARef<Mount>, ARef<Dentry>) {
        (self.mount, self.dentry)
    }
}

/// Which attributes are wanted, and how fresh (`STATX_*`, `AT_STATX_*`).
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
    /// `stat` is valid and used by nobody else for `'a`.
    pub(in crate::compat) unsafe fn from_raw<'a>(stat: *mut kstat) -> &'a mut Self {
        // SAFETY: By the contract of this function; the layout is the same.
        unsafe { &mut *stat.cast() }
    }

    /// Which filesystem, or part of one, the file is on.
    pub(crate) fn device(&self) -> bindings::dev_t {
        self.0.dev
    }

    /// Says which filesystem the file is on.
    pub(crate) fn set_device(&mut self, device: bindings::dev_t) {
        self.0.dev = device;
    }
}

/// The figures of a filesystem: its size and what is free of it (`struct kstatfs`).
#[repr(transparent)]
pub(crate) struct FilesystemFigures(kstatfs);

impl FilesystemFigures {
    /// # Safety
    ///
    /// `figures` is valid and used by nobody else for `'a`.
    pub(in crate::compat) unsafe fn from_raw<'a>(figures: *mut kstatfs) -> &'a mut Self {
        // SAFETY: By the contract of this function; the layout is the same.
        unsafe { &mut *figures.cast() }
    }
}
