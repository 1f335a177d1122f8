// SPDX-License-Identifier: GPL-2.0

//! The lease's manager does.

use core::mem::MaybeUninit;

use bindings::lease_manager_operations;

use super::LeaseManager;

pub(crate) struct Answer;

impl<M: LeaseManager> super::LeaseConflict<M> for Answer {
    const TABLE: lease_manager_operations = lease_manager_operations {
        lm_break: Some(M::lm_break),
        lm_change: Some(M::lm_change),
        lm_open_conflict: Some(M::lm_open_conflict),
        // SAFETY: Every member is an `Option` of a function pointer, for which zero is valid.
        ..unsafe { MaybeUninit::zeroed().assume_init() }
    };
}
