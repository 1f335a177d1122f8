// SPDX-License-Identifier: GPL-2.0

//! It cannot.
//!
//! Only without: bindings::EXPORT_OP_NOLOCKS

use bindings::ffi::c_ulong;

// The bit has another meaning, which it has lost where this flag exists.
const _: () = assert!(bindings::EXPORT_OP_ASYNC_LOCK != 0);

pub(crate) struct Answer;

impl super::ExportNolocks for Answer {
    const NOLOCKS: c_ulong = 0;
}
