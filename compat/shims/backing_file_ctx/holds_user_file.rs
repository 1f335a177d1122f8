// SPDX-License-Identifier: GPL-2.0

//! It holds the user's file, and `end_write` receives it.

use bindings::{backing_file_ctx, cred, file, loff_t};

pub(crate) struct Answer;

// SAFETY: The context's `user_file` is what its users hand to `end_write`.
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
    // SAFETY: The context's file, counted until the I/O is complete.
    unsafe { H::end_write(user_file) }
}
