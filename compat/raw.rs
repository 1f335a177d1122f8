// SPDX-License-Identifier: GPL-2.0

//! What the shims share: error pointers as C returns them, and empty op tables.
//!
//! C header: `include/linux/err.h`

use core::mem::MaybeUninit;

use bindings::{dentry_operations, ffi::c_int, inode_operations};

/// The largest errno that a pointer can carry (`MAX_ERRNO`).
const MAX_ERRNO: usize = 4095;

/// Splits what C returns as a pointer or an error pointer (`IS_ERR`, `PTR_ERR`).
///
/// The error is a negative errno.
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

/// A table without operations, to fill slots of.
pub(crate) const fn empty_inode_operations() -> inode_operations {
    // SAFETY: Every member is an `Option` of a function pointer or an integer; zero is `None` or 0.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

/// A table without operations, to fill slots of.
pub(crate) const fn empty_dentry_operations() -> dentry_operations {
    // SAFETY: Every member is an `Option` of a function pointer or an integer; zero is `None` or 0.
    unsafe { MaybeUninit::zeroed().assume_init() }
}
