// SPDX-License-Identifier: GPL-2.0

//! The parameters of a mount that is being made or changed.
//!
//! C header: `include/linux/fs_context.h`

use core::{ffi::CStr, marker::PhantomData, ptr::NonNull};

use bindings::{ffi::c_uint, fs_context};

use crate::compat::{
    error::{Error, Result},
    path::OwnedPath,
    submount,
    super_block::SuperBlock,
    upper::Upper,
};

/// The parameters of a mount that is being made, and where its errors are reported
/// (`struct fs_context`).
///
/// # Invariants
///
/// The pointer is valid, and nobody else uses what it points to while the value lives.
pub(crate) struct FsContext<'a>(*mut fs_context, PhantomData<&'a mut fs_context>);

impl FsContext<'_> {
    /// # Safety
    ///
    /// `context` is valid, and nobody else uses it while the value lives.
    pub(super) unsafe fn from_raw(context: *mut fs_context) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        Self(context, PhantomData)
    }

    /// The source of the mount, the first argument of mount(2), if one was given.
    pub(crate) fn source(&self) -> Option<&CStr> {
        // SAFETY: The type invariants ensure that the context is valid.
        let source = unsafe { (*self.0).source };
        (!source.is_null()).then(|| {
            // SAFETY: The context owns the string, which ends in a null byte, and nobody replaces
            // it while the value lives.
            unsafe { CStr::from_ptr(source.cast()) }
        })
    }

    /// The mounted filesystem whose options are being changed; `None` for a new mount.
    pub(crate) fn reconfigured(&self) -> Option<&Upper<SuperBlock>> {
        // SAFETY: The type invariants ensure that the context is valid. A context that changes
        // options has a root.
        let sb = unsafe { bindings::shim_fc_reconfigured(self.0) };
        // SAFETY: The context has this filesystem's type, so the superblock is an upper one. The
        // context keeps it mounted.
        (!sb.is_null()).then(|| unsafe { Upper::from_raw(sb) })
    }

    /// Makes the new mount show what is mounted below the lower directory, or not.
    pub(crate) fn set_crosses_submounts(&self, crosses: bool) {
        if self.submount().is_none() {
            // SAFETY: The type invariants ensure that the context is valid and ours. Except for a
            // submount, `fs_private` is this flag alone until `get_tree`.
            unsafe { (*self.0).fs_private = usize::from(crosses) as *mut _ };
        }
    }

    /// Whether the new mount, which is no submount, shows what is mounted below the lower directory.
    /// For `get_tree`, before it makes the superblock.
    pub(super) fn crosses_submounts(&self) -> bool {
        // SAFETY: The type invariants ensure that the context is valid.
        !unsafe { (*self.0).fs_private }.is_null()
    }

    /// The submount that the context is for, if it is for one.
    pub(super) fn submount(&self) -> Option<NonNull<submount::Request<'_>>> {
        // SAFETY: The type invariants ensure that the context is valid.
        let private =
            unsafe { bindings::shim_fc_is_submount(self.0).then_some((*self.0).fs_private) };
        private.and_then(NonNull::new).map(NonNull::cast)
    }

    /// The flags of the VFS that are being set. A flag that is being cleared, or is not mentioned,
    /// is not among them.
    pub(crate) fn flags(&self) -> SuperFlags {
        // SAFETY: The type invariants ensure that the context is valid.
        SuperFlags(unsafe { bindings::shim_fc_flags(self.0) })
    }

    /// Whether a filesystem that is read-only is being made writable.
    pub(crate) fn makes_writable(&self) -> bool {
        // SAFETY: The type invariants ensure that the context is valid.
        unsafe { bindings::shim_fc_makes_writable(self.0) }
    }

    /// Looks the path `name` up, from the root or working directory of the task that mounts. May
    /// sleep.
    ///
    /// Errors: `ENOENT`, `ENOTDIR`, `EACCES`, `ELOOP`, and those of the filesystems on the way.
    pub(crate) fn lookup_directory(&self, name: &CStr) -> Result<OwnedPath> {
        OwnedPath::of_directory(name)
    }

    /// Whether options for a security module were given, such as `context=` for SELinux.
    pub(super) fn has_security_options(&self) -> bool {
        // SAFETY: The type invariants ensure that the context is valid.
        !unsafe { (*self.0).security }.is_null()
    }

    /// Reports why the mount fails, in the context's log and the kernel's. Returns `error`.
    pub(crate) fn refuse(&self, error: Error, why: &CStr) -> Error {
        let subject = match self.reconfigured() {
            Some(_) => c"remount",
            None => self.source().unwrap_or(c"(no source)"),
        };
        // SAFETY: The type invariants ensure that the context is valid and ours. A `CStr` ends in a
        // null byte.
        unsafe { bindings::shim_fc_error(self.0, subject.as_ptr().cast(), why.as_ptr().cast()) };
        error
    }
}

/// Flags of a superblock (`SB_*`).
#[derive(Clone, Copy)]
pub(crate) struct SuperFlags(c_uint);

impl SuperFlags {
    /// Whether data is to be written to the disk before a write returns (`sync`).
    pub(crate) fn is_synchronous(self) -> bool {
        self.0 & bindings::SB_SYNCHRONOUS as c_uint != 0
    }

    /// Whether changes to directories are to be written to the disk before they return (`dirsync`).
    pub(crate) fn is_dirsync(self) -> bool {
        self.0 & bindings::SB_DIRSYNC as c_uint != 0
    }
}
