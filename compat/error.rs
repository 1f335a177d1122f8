// SPDX-License-Identifier: GPL-2.0

//! Errors: the kernel crate's own type, with the errnos that not every release of it names.
//!
//! C header: `include/uapi/asm-generic/errno.h`

use bindings::ffi::c_int;

pub(crate) use kernel::error::{code, Error, Result};

/// An error of a negative errno, as C returns it.
pub(crate) fn from_negative(errno: c_int) -> Error {
    // Not every release lets others call `Error::from_errno`; this function is open in all.
    match kernel::error::to_result(errno) {
        Err(error) => error,
        Ok(()) => code::EINVAL,
    }
}

/// A result of what C returns as zero or a negative errno.
pub(crate) fn from_status(status: c_int) -> Result {
    kernel::error::to_result(status)
}

/// A result of what C returns as a count or a negative errno.
pub(crate) fn from_count(count: isize) -> Result<usize> {
    usize::try_from(count).map_err(|_| from_negative(count as c_int))
}

/// What C wants of a result: zero or a negative errno.
pub(crate) fn to_status(result: Result) -> c_int {
    match result {
        Ok(()) => 0,
        Err(error) => error.to_errno(),
    }
}

/// The name no longer leads where it did: the VFS looks the whole path up again.
pub(crate) fn stale() -> Error {
    from_negative(-bindings::ESTALE)
}

/// The answer needs a walk that may sleep: the VFS leaves RCU mode and asks again.
pub(crate) fn not_in_rcu_walk() -> Error {
    from_negative(-bindings::ECHILD)
}

/// There is no such attribute.
pub(crate) fn no_data() -> Error {
    from_negative(-bindings::ENODATA)
}

/// The filesystem below does not do this.
pub(crate) fn not_supported() -> Error {
    from_negative(-bindings::EOPNOTSUPP)
}
