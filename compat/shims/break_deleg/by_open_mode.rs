// SPDX-License-Identifier: GPL-2.0

//! By the mode of an open(2).
//!
//! Only without: bindings::LEASE_BREAK_NONBLOCK

use bindings::{ffi::c_uint, O_NONBLOCK, O_WRONLY};

pub(crate) struct Answer;

impl super::BreakDeleg for Answer {
    const WITHOUT_WAITING: c_uint = (O_WRONLY | O_NONBLOCK) as c_uint;
}
