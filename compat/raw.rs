// SPDX-License-Identifier: GPL-2.0

//! Helpers that both compat and the answers in [`super::shims`] use: error pointers and empty
//! tables.
//!
//! A probe compiles this file together with an answer, so it depends on the bindings alone.
//!
//! C header: `include/linux/err.h`

use core::mem::MaybeUninit;

use bindings::{
    dentry_operations, ffi::c_int, inode_operations, lease_manager_operations, super_operations,
};

/// The largest errno that a pointer can carry (`MAX_ERRNO`).
const MAX_ERRNO: usize = 4095;

/// Splits a pointer that C returns into a pointer or a negative errno (`IS_ERR`, `PTR_ERR`).
pub(crate) fn from_err_ptr<T>(ptr: *mut T) -> Result<*mut T, c_int> {
    let value = ptr as usize;
    if value > usize::MAX - MAX_ERRNO {
        Err(value as isize as c_int)
    } else {
        Ok(ptr)
    }
}

/// Makes an error pointer of a negative errno (`ERR_PTR`).
pub(crate) fn err_ptr<T>(errno: c_int) -> *mut T {
    errno as isize as *mut T
}

/// A table in which every slot is empty.
pub(crate) const fn empty_inode_operations() -> inode_operations {
    // SAFETY: Every member is an `Option` of a function pointer or an integer, for which zero is
    // valid.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

/// A table in which every slot is empty.
pub(crate) const fn empty_dentry_operations() -> dentry_operations {
    // SAFETY: Every member is an `Option` of a function pointer or an integer, for which zero is
    // valid.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

/// A table in which every slot is empty.
pub(crate) const fn empty_super_operations() -> super_operations {
    // SAFETY: Every member is an `Option` of a function pointer or an integer, for which zero is
    // valid.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

/// A table in which every slot is empty.
pub(crate) const fn empty_lease_manager_operations() -> lease_manager_operations {
    // SAFETY: Every member is an `Option` of a function pointer or an integer, for which zero is
    // valid.
    unsafe { MaybeUninit::zeroed().assume_init() }
}
