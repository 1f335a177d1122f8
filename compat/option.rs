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
