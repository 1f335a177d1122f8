// SPDX-License-Identifier: GPL-2.0

//! Question: does `backing_file_open()` take the user's file, or its path?
//!
//! It took a path when it was introduced in 6.5, and has taken a file since 7.1. The change was
//! backported to 6.12.y as a security fix, but not to 6.18.y, so the version number does not show
//! which form a kernel has. Module.symvers cannot tell the two apart; a module built for the other
//! form loads and corrupts memory. Without `CONFIG_FS_STACK` the function is declared but does not
//! exist.
//!
//! Without it, all of `backing-file.h` does not exist: `fs/Makefile` compiles its functions together.
//! So an answer `absent` to one of these questions requires that the configuration is without the
//! option, and that none of the functions is exported. A kernel with some of them has no answer.
//!
//! What a lower file was opened by decides what may be done with it: `backing_file_read_iter()`
//! fails for a file that `backing_file_open()` has not opened. [`BackingFileOpen::Opens`] says so
//! to the compiler, and `backing_tmpfile_open`, `backing_file_io` and `backing_file_splice` depend
//! on it. `backing_file_ctx` does not: each of its forms serves each form of the functions.
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

/// A file for the functions of `backing-file.h`. The type has no values.
// Only the answers to some questions name it.
#[allow(dead_code)]
pub(crate) enum BackingFile {}

/// A file like any other, which these functions do not take. The type has no values.
#[allow(dead_code)]
pub(crate) enum PlainFile {}

/// Opens a lower file.
pub(crate) trait BackingFileOpen {
    /// What is opened: [`BackingFile`] or [`PlainFile`].
    type Opens;

    /// Returns a file with a reference for the caller, or a negative errno.
    ///
    /// # Safety
    ///
    /// - `open.user_file` is being opened by the VFS.
    /// - `open.lower` is valid for the call, and its mount and dentry are referenced.
    /// - `open.credentials` are valid for the call.
    unsafe fn call(open: &OpenLower) -> Result<*mut file, c_int>;
}
