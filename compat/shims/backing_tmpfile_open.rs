// SPDX-License-Identifier: GPL-2.0

//! Question: does `backing_tmpfile_open()` take the user's file, or its path?
//!
//! It took a path when it came in 6.10, and a file since 7.1; the change went back to 6.12.y as a security fix,
//! but not to 6.18.y, so that no version number tells. Both are pointers to structures: the wrong one
//! corrupts memory and links well. Without `CONFIG_FS_STACK` the function is declared and not there.
//!
//! C header: `include/linux/backing-file.h`

use bindings::{cred, ffi::c_int, file, path, umode_t};

answers! { backing_tmpfile_open:
    "absent" => absent,
    "takes_file" => takes_file,
    "takes_path" => takes_path,
}

/// Makes and opens a lower file without a name.
pub(crate) trait BackingTmpfileOpen {
    /// Returns a counted file, or a negative errno.
    ///
    /// # Safety
    ///
    /// `user_file` is a file being opened by the VFS; `lower` is the lower directory's path and counted;
    /// `credentials` live for the call.
    unsafe fn call(
        user_file: *const file,
        flags: c_int,
        lower: *const path,
        mode: umode_t,
        credentials: *const cred,
    ) -> Result<*mut file, c_int>;
}
