// SPDX-License-Identifier: GPL-2.0

//! They cannot: the kernel has no such requests.
//!
//! Only without: bindings::FOP_DONTCACHE, bindings::IOCB_DONTCACHE

/// The value of `RWF_DONTCACHE`, which is part of the interface for programs.
const RWF_DONTCACHE: i32 = 0x80;

// Reads and writes with the flag are refused.
const _: () = assert!(bindings::RWF_SUPPORTED as i32 & RWF_DONTCACHE == 0);

pub(crate) struct Answer;

impl super::DontCache for Answer {
    const FLAG: u32 = 0;
}
