// SPDX-License-Identifier: GPL-2.0

//! Question: does `backing_file_open()` take the user's file, or its path?
//!
//! It took a path when it was introduced in 6.5, and has taken a file since 7.1. The change was
//! backported to 6.12.y as a security fix, but not to 6.18.y, so the version number does not show
//! which form a kernel has. Module.symvers cannot tell the two apart; a module built for the other
//! form loads and corrupts memory. Without `CONFIG_FS_STACK` the function is declared but does not
//! exist.
//!
//! C header: `include/linux/backing-file.h`

use bindings::{cred, ffi::c_int, file, path};

answers! { backing_file_open:
    "absent" => absent,
    "takes_file" => takes_file,
    "takes_path" => takes_path,
}

/// How to open a lower file for a file of the stacking filesystem.
pub(crate) struct OpenLower {
    /// The file of the stacking filesystem.
    pub(crate) user_file: *const file,
    /// The flags of the lower file, `O_*`.
    pub(crate) flags: c_int,
    /// The path of the lower file, or the path of the directory for a lower file without a name.
    pub(crate) lower: *const path,
    /// The credentials to open the lower file with.
    pub(crate) credentials: *const cred,
}

/// Opens a lower file.
pub(crate) trait BackingFileOpen {
    /// Returns a file with a reference for the caller, or a negative errno.
    ///
    /// # Safety
    ///
    /// - `open.user_file` is being opened by the VFS.
    /// - `open.lower` is valid for the call, and its mount and dentry are referenced.
    /// - `open.credentials` are valid for the call.
    unsafe fn call(open: &OpenLower) -> Result<*mut file, c_int>;
}
