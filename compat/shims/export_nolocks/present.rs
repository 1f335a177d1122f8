// SPDX-License-Identifier: GPL-2.0

//! It can, by a flag.

use bindings::ffi::c_ulong;

pub(crate) struct Answer;

impl super::ExportNolocks for Answer {
    const NOLOCKS: c_ulong = bindings::EXPORT_OP_NOLOCKS as c_ulong;
}
