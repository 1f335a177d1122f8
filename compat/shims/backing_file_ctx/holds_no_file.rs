// SPDX-License-Identifier: GPL-2.0

//! The context holds no file, and `end_write` receives the `kiocb`.

use bindings::{backing_file_ctx, cred, file, kiocb};

pub(crate) struct Answer;

// SAFETY: `end_write` passes on the file of the I/O's `kiocb`, which is the user's file. The file
// is referenced until the I/O is complete, and `end_write` is called before.
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
    // SAFETY: The kernel passes the `kiocb` of the I/O, which is valid until that is complete.
    let user_file = unsafe { (*iocb).ki_filp };
    // SAFETY: The file of the `kiocb` is the one that the context was made for. It is referenced
    // until the I/O is complete.
    unsafe { H::end_write(user_file) }
}
