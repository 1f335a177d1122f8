// SPDX-License-Identifier: GPL-2.0

//! It can: `permission` and `open` exist.

use bindings::export_operations;

pub(crate) struct Answer;

impl super::ExportOpen for Answer {
    fn opens_itself(table: &export_operations) -> bool {
        table.permission.is_some() || table.open.is_some()
    }
}
