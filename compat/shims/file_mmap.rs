// SPDX-License-Identifier: GPL-2.0

//! Question: which function calls the `mmap` of a file's filesystem?
//!
//! In 6.12 `call_mmap()` calls it. In 7.3 `vfs_mmap()` does, which also serves files that have
//! `mmap_prepare` instead.
//!
//! C header: `include/linux/fs.h`

use bindings::{ffi::c_int, file, vm_area_struct};

answers! { file_mmap:
    "call_mmap" => call_mmap,
    "vfs_mmap" => vfs_mmap,
}

/// Maps a file as its filesystem does.
// Only the answer for kernels without `backing_file_mmap()` uses it.
pub(crate) trait FileMmap {
    /// Whether the file can be mapped.
    ///
    /// # Safety
    ///
    /// `file` is valid and open.
    #[allow(dead_code)]
    unsafe fn is_possible(file: *mut file) -> bool;

    /// Makes `vma` a mapping of `file`. Returns zero or a negative errno.
    ///
    /// # Safety
    ///
    /// `file` is valid, open, and can be mapped. `vma` is being set up, and `file` is its file.
    #[allow(dead_code)]
    unsafe fn call(file: *mut file, vma: *mut vm_area_struct) -> c_int;
}
