// SPDX-License-Identifier: GPL-2.0

//! By the mode of an open(2).
//!
//! Only without: bindings::LEASE_BREAK_NONBLOCK, bindings::LEASE_BREAK_DELEG

use bindings::{ffi::c_int, ffi::c_uint, inode, O_NONBLOCK, O_WRONLY};

// What `break_deleg()` calls. The kind of the lease is an argument of its own beside the mode.
bindings::signatures! {
    bindings::__break_lease: fn(*mut inode, c_uint, c_uint) -> c_int;
}

pub(crate) struct Answer;

impl super::BreakDeleg for Answer {
    const WITHOUT_WAITING: c_uint = (O_WRONLY | O_NONBLOCK) as c_uint;
}
