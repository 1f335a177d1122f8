// SPDX-License-Identifier: GPL-2.0

//! `call_mmap()` calls it.

use bindings::{ffi::c_int, file, vm_area_struct};

bindings::signatures! {
    bindings::call_mmap: fn(*mut file, *mut vm_area_struct) -> c_int;
}

pub(crate) struct Answer;

impl super::FileMmap for Answer {
    unsafe fn is_possible(file: *mut file) -> bool {
        // SAFETY: The safety requirements of this function ensure that `file` is open, so it has
        // operations.
        unsafe { (*(*file).f_op).mmap.is_some() }
    }

    unsafe fn call(file: *mut file, vma: *mut vm_area_struct) -> c_int {
        // SAFETY: The safety requirements of this function ensure that `file` has `mmap`, and that
        // `vma` is being set up for it.
        unsafe { bindings::call_mmap(file, vma) }
    }
}
