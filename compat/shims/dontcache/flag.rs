// SPDX-License-Identifier: GPL-2.0

//! They can, by `FOP_DONTCACHE`.

pub(crate) struct Answer;

impl super::DontCache for Answer {
    const FLAG: u32 = bindings::FOP_DONTCACHE as u32;
}
