// SPDX-License-Identifier: GPL-2.0

//! Question: does `backing_file_open()` take the user's file, or its path?
//!
//! It took a path from 6.5 on, and a file since 7.1; the change went back to 6.12.y as a security fix,
//! but not to 6.18.y, so that no version number tells. Both are pointers to structures: the wrong one
//! corrupts memory and links well. Without `CONFIG_FS_STACK` the function is declared and not there.
//!
//! C header: `include/linux/backing-file.h`

use bindings::{cred, ffi::c_int, file, path};

answers! { backing_file_open:
    "absent" => absent,
    "takes_file" => takes_file,
    "takes_path" => takes_path,
}

/// Opens a lower file on behalf of a file of the stacking filesystem.
pub(crate) trait BackingFileOpen {
    /// Returns a counted file, or a negative errno.
    ///
    /// # Safety
    ///
    /// `user_file` is a file being opened by the VFS; `lower` is the lower file's path and counted;
    /// `credentials` live for the call.
    unsafe fn call(
        user_file: *const file,
        flags: c_int,
        lower: *const path,
        credentials: *const cred,
    ) -> Result<*mut file, c_int>;
}
