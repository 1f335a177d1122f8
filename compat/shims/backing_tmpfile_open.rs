// SPDX-License-Identifier: GPL-2.0

//! Question: does `backing_tmpfile_open()` take the user's file, or its path?
//!
//! It took a path when it was introduced in 6.10, and has taken a file since 7.1. It is a question
//! of its own beside `backing_file_open`, because a backport may change only one of the functions.
//! What that file says about backports and `CONFIG_FS_STACK` holds here too.
//!
//! C header: `include/linux/backing-file.h`

use bindings::{ffi::c_int, file, umode_t};

use crate::compat::shims::backing_file_open::{BackingFileOpen, OpenLower};

answers! { backing_tmpfile_open:
    "absent" => absent,
    "takes_file" => takes_file,
    "takes_path" => takes_path,
}

/// Creates and opens a lower file without a name, of the kind that `O` opens: what reads and writes
/// lower files takes both.
pub(crate) trait BackingTmpfileOpen<O: BackingFileOpen> {
    /// Returns a file with a reference for the caller, or a negative errno.
    ///
    /// # Safety
    ///
    /// The same as for `BackingFileOpen::call`, and `open.lower` is the path of a directory.
    unsafe fn call(open: &OpenLower, mode: umode_t) -> Result<*mut file, c_int>;
}
