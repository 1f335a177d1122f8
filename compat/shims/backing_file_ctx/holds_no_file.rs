// SPDX-License-Identifier: GPL-2.0

//! It holds no file, and `end_write` receives the `kiocb`.

use bindings::{backing_file_ctx, cred, file, kiocb};

pub(crate) struct Answer;

// SAFETY: The `kiocb` is the user's, so that its file is the user's file.
unsafe impl<H: super::EndWrite> super::Context<H> for Answer {
    fn context(credentials: *const cred, _user_file: *mut file) -> backing_file_ctx {
        backing_file_ctx {
            cred: credentials,
            accessed: None,
            end_write: Some(end_write::<H>),
        }
    }
}

unsafe extern "C" fn end_write<H: super::EndWrite>(iocb: *mut kiocb, _: isize) {
    // SAFETY: The `kiocb` is valid until the I/O is complete, and counts its file.
    unsafe { H::end_write((*iocb).ki_filp) }
}
