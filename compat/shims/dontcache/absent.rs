// SPDX-License-Identifier: GPL-2.0

//! They cannot: the kernel has no such requests.
//!
//! Only without: bindings::FOP_DONTCACHE, bindings::IOCB_DONTCACHE

// Reads and writes with the flag are refused. Its value is part of the interface for programs.
const _: () = assert!(bindings::RWF_SUPPORTED as i32 & 0x80 == 0);

pub(crate) struct Answer;

impl super::DontCache for Answer {
    const FLAG: u32 = 0;
}
