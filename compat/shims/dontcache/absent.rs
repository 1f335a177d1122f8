// SPDX-License-Identifier: GPL-2.0

//! They cannot: the kernel has no such requests.
//!
//! Only without: bindings::FOP_DONTCACHE

pub(crate) struct Answer;

impl super::DontCache for Answer {
    const FLAG: u32 = 0;
}
