// SPDX-License-Identifier: GPL-2.0

//! Mount options, as `mount` and `/proc/mounts` show them.
//!
//! C header: `include/linux/seq_file.h`

use core::{ffi::CStr, marker::PhantomData};

/// Where a filesystem writes its part of a mount's options.
///
/// # Invariants
///
/// The sequence file is valid for `'a`, and is being written by this task.
pub(crate) struct ShownOptions<'a>(*mut bindings::seq_file, PhantomData<&'a mut ()>);

impl ShownOptions<'_> {
    /// # Safety
    ///
    /// The VFS is showing a mount in `seq`, and does nothing else to it while the value lives.
    pub(in crate::compat) unsafe fn from_raw(seq: *mut bindings::seq_file) -> Self {
        // INVARIANT: By the contract of this function.
        Self(seq, PhantomData)
    }

    /// Adds an option that has no value. What does not fit is written again by the VFS, with more room.
    pub(crate) fn flag(&mut self, name: &CStr) {
        // SAFETY: By the type invariant; the name ends in a null byte.
        unsafe { bindings::shim_show_flag(self.0, name.as_ptr().cast()) };
    }
}
