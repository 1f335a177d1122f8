// SPDX-License-Identifier: GPL-2.0

//! The context holds the user's file, and `end_write` receives that file.

use bindings::{backing_file_ctx, cred, file, loff_t};

pub(crate) struct Answer;

// SAFETY: The kernel passes `user_file` of the context, or for asynchronous I/O the file of the
// user's `kiocb`, which is the same. The file is referenced until the I/O is complete, and
// `end_write` is called before.
unsafe impl<H: super::EndWrite> super::Context<H> for Answer {
    fn context(credentials: *const cred, user_file: *mut file) -> backing_file_ctx {
        backing_file_ctx {
            cred: credentials,
            user_file,
            accessed: None,
            end_write: Some(end_write::<H>),
        }
    }
}

unsafe extern "C" fn end_write<H: super::EndWrite>(user_file: *mut file, _: loff_t, _: isize) {
    // SAFETY: The kernel passes the file that the context was made for. It is referenced until the
    // I/O is complete.
    unsafe { H::end_write(user_file) }
}
