// SPDX-License-Identifier: GPL-2.0

//! The lease's manager does.

use bindings::lease_manager_operations;

use super::LeaseManager;
use crate::compat::raw::empty_lease_manager_operations;

pub(crate) struct Answer;

impl<M: LeaseManager> super::LeaseConflict<M> for Answer {
    const TABLE: lease_manager_operations = lease_manager_operations {
        lm_break: Some(M::lm_break),
        lm_change: Some(M::lm_change),
        lm_open_conflict: Some(M::lm_open_conflict),
        ..empty_lease_manager_operations()
    };
}
