// SPDX-License-Identifier: GPL-2.0

//! Question: what does `struct backing_file_ctx` tell the functions that do a lower file's I/O?
//!
//! Up to 6.12 it holds the user's file, and `end_write` receives that file with a position. Since 6.13
//! (commit 48b50624aec4, "backing-file: clean up the API") the file is the `kiocb`'s, and `end_write`
//! receives the `kiocb`.
//!
//! C header: `include/linux/backing-file.h`

use bindings::{backing_file_ctx, cred, file};

answers! { backing_file_ctx:
    "holds_no_file" => holds_no_file,
    "holds_user_file" => holds_user_file,
}

/// What the answer calls.
pub(crate) trait EndWrite {
    /// Called after each write to the lower file, with the user's file.
    ///
    /// # Safety
    ///
    /// `user_file` is the file that the context was made for, still counted. The call may come from
    /// a workqueue.
    unsafe fn end_write(user_file: *mut file);
}

/// Makes the context of one I/O.
///
/// # Safety
///
/// `end_write` of the context calls `H::end_write` with `user_file`.
pub(crate) unsafe trait Context<H: EndWrite> {
    /// The context is to be used only while `credentials` live.
    fn context(credentials: *const cred, user_file: *mut file) -> backing_file_ctx;
}
