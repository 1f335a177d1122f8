// SPDX-License-Identifier: GPL-2.0

//! Mount options, as `mount` and `/proc/mounts` show them.
//!
//! C header: `include/linux/seq_file.h`

use core::{ffi::CStr, marker::PhantomData};

/// The output for a filesystem's own mount options (`struct seq_file`).
///
/// # Invariants
///
/// The pointer is a valid sequence file. For `'a`, only this task writes to it.
pub(crate) struct ShownOptions<'a>(*mut bindings::seq_file, PhantomData<&'a mut ()>);

impl ShownOptions<'_> {
    /// # Safety
    ///
    /// `seq` is a valid sequence file. While the value lives, nobody but this task writes to it.
    pub(in crate::compat) unsafe fn from_raw(seq: *mut bindings::seq_file) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        Self(seq, PhantomData)
    }

    /// Adds an option without a value. If the buffer is too small, the VFS enlarges it and asks
    /// again.
    pub(crate) fn flag(&mut self, name: &CStr) {
        // SAFETY: The type invariants ensure that the sequence file is valid and ours; a `CStr`
        // ends in a null byte.
        unsafe { bindings::shim_show_flag(self.0, name.as_ptr().cast()) };
    }
}

/// A mount option that somebody sets, by fsconfig(2) or in the text of mount(2) (`struct
/// fs_parameter`).
///
/// # Invariants
///
/// The pointer is valid for `'a`, and nobody else uses what it points to. The key is not null.
pub(crate) struct MountOption<'a>(*const bindings::fs_parameter, PhantomData<&'a ()>);

impl<'a> MountOption<'a> {
    /// # Safety
    ///
    /// `param` is valid and has a key, and nobody else uses it while the value lives.
    pub(in crate::compat) unsafe fn from_raw(param: *const bindings::fs_parameter) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        Self(param, PhantomData)
    }

    /// The name.
    pub(crate) fn name(&self) -> &'a CStr {
        // SAFETY: The type invariants ensure that the parameter is valid, and has a key. A key is a
        // string that ends in a null byte.
        unsafe { CStr::from_ptr((*self.0).key.cast()) }
    }

    /// Whether the option was set without a value.
    pub(crate) fn is_flag(&self) -> bool {
        // SAFETY: The type invariants ensure that the parameter is valid.
        unsafe { bindings::shim_param_is_flag(self.0) }
    }

    /// The value, if it is a text.
    pub(crate) fn text(&self) -> Option<&'a CStr> {
        // SAFETY: The type invariants ensure that the parameter is valid.
        let text = unsafe { bindings::shim_param_string(self.0) };
        (!text.is_null()).then(|| {
            // SAFETY: The parameter owns the string, which ends in a null byte.
            unsafe { CStr::from_ptr(text.cast()) }
        })
    }
}

/// What a filesystem does with a [`MountOption`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// It has taken the option.
    Taken,
    /// It has no such option. The VFS takes the source of a new mount, and refuses all others.
    Unknown,
}
