// SPDX-License-Identifier: GPL-2.0

//! They cannot.
//!
//! Only without: bindings::FOP_ASYNC_LOCK

// A filesystem says it for all of its files, by a flag that has gone when files got one.
const _: () = assert!(bindings::EXPORT_OP_ASYNC_LOCK != 0);

pub(crate) struct Answer;

impl super::AsyncLock for Answer {
    const FLAG: u32 = 0;
}
