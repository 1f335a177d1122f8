// SPDX-License-Identifier: GPL-2.0

//! They receive it in a `kiocb`, which the caller initialises.

use core::mem::MaybeUninit;

use bindings::{backing_file_ctx, ffi::c_uint, file, kiocb, pipe_inode_info};

use super::Splice;
use crate::compat::shims::backing_file_open::{BackingFile, BackingFileOpen};

bindings::signatures! {
    bindings::backing_file_splice_read: fn(
        *mut file,
        *mut kiocb,
        *mut pipe_inode_info,
        usize,
        c_uint,
        *mut backing_file_ctx,
    ) -> isize;
    bindings::backing_file_splice_write: fn(
        *mut pipe_inode_info,
        *mut file,
        *mut kiocb,
        usize,
        c_uint,
        *mut backing_file_ctx,
    ) -> isize;
    bindings::init_sync_kiocb: fn(*mut kiocb, *mut file);
}

pub(crate) struct Answer;

impl<O: BackingFileOpen<Opens = BackingFile>> super::BackingFileSplice<O> for Answer {
    unsafe fn read(splice: &Splice, context: &mut backing_file_ctx) -> isize {
        // SAFETY: The safety requirements of this function ensure that all pointers of `splice` are
        // valid, that the lower file is a backing file, and that `context` is for the user's file,
        // which is the file of `iocb`.
        let read = |iocb| unsafe {
            bindings::backing_file_splice_read(
                splice.lower,
                iocb,
                splice.pipe,
                splice.length,
                splice.flags,
                context,
            )
        };
        // SAFETY: The safety requirements of this function ensure that the user's file and the
        // position are valid.
        unsafe { with_kiocb(splice, read) }
    }

    unsafe fn write(splice: &Splice, context: &mut backing_file_ctx) -> isize {
        // SAFETY: The safety requirements of this function ensure that all pointers of `splice` are
        // valid, that the lower file is a backing file, and that `context` is for the user's file,
        // which is the file of `iocb`.
        let write = |iocb| unsafe {
            bindings::backing_file_splice_write(
                splice.pipe,
                splice.lower,
                iocb,
                splice.length,
                splice.flags,
                context,
            )
        };
        // SAFETY: The safety requirements of this function ensure that the user's file and the
        // position are valid.
        unsafe { with_kiocb(splice, write) }
    }
}

/// Calls `io` with a synchronous `kiocb` of the user's file at the position of the splice, and
/// takes over the new position.
///
/// # Safety
///
/// `splice.user_file` and `splice.position` are valid for the call.
unsafe fn with_kiocb(splice: &Splice, io: impl FnOnce(*mut kiocb) -> isize) -> isize {
    let mut iocb = MaybeUninit::<kiocb>::uninit();
    let iocb = iocb.as_mut_ptr();
    // SAFETY: `iocb` is valid for writes, and `user_file` is valid. The call initialises all
    // members.
    unsafe { bindings::init_sync_kiocb(iocb, splice.user_file) };
    // SAFETY: `iocb` is initialised, and `position` is valid.
    unsafe { (*iocb).ki_pos = *splice.position };
    let spliced = io(iocb);
    // SAFETY: `iocb` is initialised, and `position` is valid.
    unsafe { *splice.position = (*iocb).ki_pos };
    spliced
}
