// SPDX-License-Identifier: GPL-2.0

//! A `kiocb`, set up by the caller.

use core::mem::MaybeUninit;

use bindings::{backing_file_ctx, kiocb};

use super::Splice;

pub(crate) struct Answer;

impl super::BackingFileSplice for Answer {
    unsafe fn read(what: &Splice, context: &mut backing_file_ctx) -> isize {
        // SAFETY: By the contract of this function.
        unsafe {
            with_kiocb(what, |iocb| {
                bindings::backing_file_splice_read(
                    what.lower,
                    iocb,
                    what.pipe,
                    what.length,
                    what.flags,
                    context,
                )
            })
        }
    }

    unsafe fn write(what: &Splice, context: &mut backing_file_ctx) -> isize {
        // SAFETY: By the contract of this function.
        unsafe {
            with_kiocb(what, |iocb| {
                bindings::backing_file_splice_write(
                    what.pipe,
                    what.lower,
                    iocb,
                    what.length,
                    what.flags,
                    context,
                )
            })
        }
    }
}

/// Runs `io` with a synchronous `kiocb` of the user's file, and reads its position back.
///
/// # Safety
///
/// `what.user_file` is counted and `what.position` valid for the call.
unsafe fn with_kiocb(what: &Splice, io: impl FnOnce(*mut kiocb) -> isize) -> isize {
    let mut iocb = MaybeUninit::<kiocb>::uninit();
    let iocb = iocb.as_mut_ptr();
    // SAFETY: The call initialises all of it.
    unsafe { bindings::init_sync_kiocb(iocb, what.user_file) };
    // SAFETY: Initialised above; `position` is valid.
    unsafe { (*iocb).ki_pos = *what.position };
    let spliced = io(iocb);
    // SAFETY: As above.
    unsafe { *what.position = (*iocb).ki_pos };
    spliced
}
