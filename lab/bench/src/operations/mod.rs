// SPDX-License-Identifier: GPL-2.0

//! The operations, by what they concern.

mod attributes;
mod data;
mod lookup;
mod maps;
mod names;
mod storage;

use crate::operation::Operation;

/// All operations, in the order of the table.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    [
        lookup::OPERATIONS,
        names::OPERATIONS,
        data::OPERATIONS,
        maps::OPERATIONS,
        storage::OPERATIONS,
        attributes::OPERATIONS,
    ]
    .into_iter()
    .flatten()
}
