// SPDX-License-Identifier: GPL-2.0

//! Question: how do `backing_file_splice_read()` and `backing_file_splice_write()` learn the position?
//!
//! Up to 6.12 by a pointer to it. Since 6.13 (commit 48b50624aec4, "backing-file: clean up the API")
//! by a `kiocb`, which the caller sets up and reads back. Without `CONFIG_FS_STACK` the functions are
//! declared and not there.
//!
//! C header: `include/linux/backing-file.h`

use bindings::{backing_file_ctx, ffi::c_uint, file, loff_t, pipe_inode_info};

answers! { backing_file_splice:
    "absent" => absent,
    "takes_kiocb" => takes_kiocb,
    "takes_position" => takes_position,
}

/// One splice between a pipe and a lower file.
pub(crate) struct Splice {
    /// The lower file.
    pub(crate) lower: *mut file,
    /// The file of the stacking filesystem; an answer that gets the position by itself ignores it.
    #[allow(dead_code)]
    pub(crate) user_file: *mut file,
    /// Where in the file; moved on by what was spliced.
    pub(crate) position: *mut loff_t,
    /// The pipe.
    pub(crate) pipe: *mut pipe_inode_info,
    /// At most this many bytes.
    pub(crate) length: usize,
    /// `SPLICE_F_*`.
    pub(crate) flags: c_uint,
}

/// Splices from and to a lower file.
pub(crate) trait BackingFileSplice {
    /// From the file to the pipe; returns the bytes spliced or a negative errno.
    ///
    /// # Safety
    ///
    /// All pointers are valid for the call, both files are counted, and the lower one was opened by
    /// `backing_file_open()`. `context` was made for `user_file`.
    unsafe fn read(what: &Splice, context: &mut backing_file_ctx) -> isize;

    /// From the pipe to the file; returns the bytes spliced or a negative errno.
    ///
    /// # Safety
    ///
    /// As for [`Self::read`].
    unsafe fn write(what: &Splice, context: &mut backing_file_ctx) -> isize;
}
