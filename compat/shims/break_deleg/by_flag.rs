// SPDX-License-Identifier: GPL-2.0

//! By a flag.

use bindings::{ffi::c_uint, LEASE_BREAK_NONBLOCK};

pub(crate) struct Answer;

impl super::BreakDeleg for Answer {
    const WITHOUT_WAITING: c_uint = LEASE_BREAK_NONBLOCK as c_uint;
}
