// SPDX-License-Identifier: GPL-2.0

//! They can, by `FOP_ASYNC_LOCK`.

pub(crate) struct Answer;

impl super::AsyncLock for Answer {
    const FLAG: u32 = bindings::FOP_ASYNC_LOCK as u32;
}
