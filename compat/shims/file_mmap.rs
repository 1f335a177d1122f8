// SPDX-License-Identifier: GPL-2.0

//! Question: how is a file's own `mmap` called?
//!
//! Up to 6.15 by `call_mmap()`. Since then by `vfs_mmap()`, which also serves files that have
//! `mmap_prepare` in its place.
//!
//! C header: `include/linux/fs.h`

use bindings::{ffi::c_int, file, vm_area_struct};

answers! { file_mmap:
    "call_mmap" => call_mmap,
    "vfs_mmap" => vfs_mmap,
}

/// Maps a file as its filesystem does. Used where the kernel has no `backing_file_mmap()`.
pub(crate) trait FileMmap {
    /// Whether the file can be mapped at all.
    ///
    /// # Safety
    ///
    /// `file` is valid and open.
    #[allow(dead_code)]
    unsafe fn is_possible(file: *mut file) -> bool;

    /// Returns zero or a negative errno.
    ///
    /// # Safety
    ///
    /// Both are valid; `vma` is being set up, and `file`, which can be mapped, is its file.
    #[allow(dead_code)]
    unsafe fn call(file: *mut file, vma: *mut vm_area_struct) -> c_int;
}
