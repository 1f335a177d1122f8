// SPDX-License-Identifier: GPL-2.0

//! By `vfs_mmap()`.

use bindings::{ffi::c_int, file, vm_area_struct};

pub(crate) struct Answer;

impl super::FileMmap for Answer {
    unsafe fn is_possible(file: *mut file) -> bool {
        // SAFETY: An open file has operations.
        unsafe { (*(*file).f_op).mmap.is_some() || (*(*file).f_op).mmap_prepare.is_some() }
    }

    unsafe fn call(file: *mut file, vma: *mut vm_area_struct) -> c_int {
        // SAFETY: By the contract of this function.
        unsafe { bindings::vfs_mmap(file, vma) }
    }
}
