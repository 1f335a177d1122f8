// SPDX-License-Identifier: GPL-2.0

//! It cannot.
//!
//! Only without: bindings::EXPORT_OP_NOLOCKS

use bindings::ffi::c_ulong;

pub(crate) struct Answer;

impl super::ExportNolocks for Answer {
    const NOLOCKS: c_ulong = 0;
}
