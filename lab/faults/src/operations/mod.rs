// SPDX-License-Identifier: GPL-2.0

//! All operations.

mod attributes;
mod data;
mod names;
mod open_files;

use crate::operation::Operation;

/// All operations, in the order of a run.
pub fn all() -> impl Iterator<Item = &'static Operation> {
    [
        names::OPERATIONS,
        attributes::OPERATIONS,
        data::OPERATIONS,
        open_files::OPERATIONS,
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = all().map(|operation| operation.name).collect();
        assert_eq!(names.len(), all().count());
    }
}
