// SPDX-License-Identifier: GPL-2.0

//! It cannot.
//!
//! Only without: bindings::export_operations.open

use bindings::export_operations;

pub(crate) struct Answer;

impl super::ExportOpen for Answer {
    fn opens_itself(_: &export_operations) -> bool {
        false
    }
}
