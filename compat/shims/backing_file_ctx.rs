// SPDX-License-Identifier: GPL-2.0

//! Question: what does `struct backing_file_ctx` hold, and what does its `end_write` receive?
//!
//! Up to 6.12 the context holds the user's file, and `end_write` receives that file and a position.
//! Since 6.13 the user's file is the one of the `kiocb`, and `end_write` receives the `kiocb`.
//!
//! C header: `include/linux/backing-file.h`

use bindings::{backing_file_ctx, cred, file};

answers! { backing_file_ctx:
    "holds_no_file" => holds_no_file,
    "holds_user_file" => holds_user_file,
}

/// What `end_write` of the context calls.
pub(crate) trait EndWrite {
    /// Called after each write to the lower file, with the user's file. May run in a workqueue.
    ///
    /// # Safety
    ///
    /// `user_file` is the file that the context was made for, and referenced during the call.
    unsafe fn end_write(user_file: *mut file);
}

/// Makes the context of one I/O.
///
/// # Safety
///
/// `end_write` of the context calls `H::end_write` with `user_file` while that is referenced,
/// provided that the context is used for I/O of that file only.
pub(crate) unsafe trait Context<H: EndWrite> {
    /// The caller uses the context only while `credentials` are valid.
    fn context(credentials: *const cred, user_file: *mut file) -> backing_file_ctx;
}
