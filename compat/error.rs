// SPDX-License-Identifier: GPL-2.0

//! Errors: the kernel crate's type, conversions from and to C, and errnos that it does not name.
//!
//! C header: `include/uapi/asm-generic/errno.h`

use bindings::ffi::c_int;

pub(crate) use kernel::error::{code, Error, Result};

/// Converts a negative errno.
#[cold]
pub(crate) fn from_negative(errno: c_int) -> Error {
    // `Error::from_errno` is private in some releases; `to_result` is public in all.
    match kernel::error::to_result(errno) {
        Err(error) => error,
        Ok(()) => code::EINVAL,
    }
}

/// Converts what C returns as zero or a negative errno.
#[inline]
pub(crate) fn from_status(status: c_int) -> Result {
    match status {
        // Most calls succeed, and `to_result` is a call into the kernel.
        0.. => Ok(()),
        errno => Err(from_negative(errno)),
    }
}

/// Converts what C returns as a count or a negative errno.
pub(crate) fn from_count(count: isize) -> Result<usize> {
    usize::try_from(count).map_err(|_| from_negative(count as c_int))
}

/// Converts to what C expects: zero or a negative errno.
#[inline]
pub(crate) fn to_status(result: Result) -> c_int {
    match result {
        Ok(()) => 0,
        Err(error) => error.to_errno(),
    }
}

/// `ESTALE`: the name stands for another file now. The VFS looks the whole path up again.
pub(crate) fn stale() -> Error {
    from_negative(-bindings::ESTALE)
}

/// `ECHILD`: the operation would have to sleep. The VFS leaves RCU walk and calls it again.
pub(crate) fn not_in_rcu_walk() -> Error {
    code::ECHILD
}

/// `ENODATA`: the file has no extended attribute of that name.
pub(crate) fn no_data() -> Error {
    from_negative(-bindings::ENODATA)
}

/// `EOPNOTSUPP`: the filesystem does not support the operation.
pub(crate) fn not_supported() -> Error {
    from_negative(-bindings::EOPNOTSUPP)
}

/// `EISDIR`: nothing is to be mounted on the dentry, and the path walk goes on in it.
pub(in crate::compat) fn is_directory_error() -> Error {
    from_negative(-bindings::EISDIR)
}

/// `ENOPARAM`: the filesystem has no mount option of that name. The VFS reports it as unknown.
pub(in crate::compat) fn no_such_option() -> Error {
    from_negative(-bindings::ENOPARAM)
}
