// SPDX-License-Identifier: GPL-2.0

//! Question: how do `backing_file_splice_read()` and `backing_file_splice_write()` receive the
//! position?
//!
//! Up to 6.12 they receive a pointer to the position. Since 6.13 they receive a `kiocb`, which the
//! caller initialises, and from which it reads the new position. Without `CONFIG_FS_STACK` the
//! functions are declared but do not exist.
//!
//! C header: `include/linux/backing-file.h`

use bindings::{backing_file_ctx, ffi::c_uint, file, loff_t, pipe_inode_info};

use crate::compat::shims::backing_file_open::BackingFileOpen;

answers! { backing_file_splice:
    "absent" => absent,
    "takes_kiocb" => takes_kiocb,
    "takes_position" => takes_position,
}

/// One splice between a pipe and a lower file.
pub(crate) struct Splice {
    /// The lower file.
    pub(crate) lower: *mut file,
    /// The file of the stacking filesystem.
    // Only the answer with a `kiocb` reads it.
    #[allow(dead_code)]
    pub(crate) user_file: *mut file,
    /// The position in the file. The splice moves it forward.
    pub(crate) position: *mut loff_t,
    /// The pipe.
    pub(crate) pipe: *mut pipe_inode_info,
    /// The largest number of bytes to splice.
    pub(crate) length: usize,
    /// `SPLICE_F_*`.
    pub(crate) flags: c_uint,
}

/// Splices from and to a lower file that `O` has opened.
pub(crate) trait BackingFileSplice<O: BackingFileOpen> {
    /// Splices from the file to the pipe. Returns the number of bytes or a negative errno.
    ///
    /// # Safety
    ///
    /// - All pointers of `splice` are valid for the call.
    /// - The lower file was opened by `BackingFileOpen` or `BackingTmpfileOpen`.
    /// - `context` was made for `splice.user_file`.
    unsafe fn read(splice: &Splice, context: &mut backing_file_ctx) -> isize;

    /// Splices from the pipe to the file. Returns the number of bytes or a negative errno.
    ///
    /// # Safety
    ///
    /// The same as for [`Self::read`].
    unsafe fn write(splice: &Splice, context: &mut backing_file_ctx) -> isize;
}
