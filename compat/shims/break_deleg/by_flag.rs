// SPDX-License-Identifier: GPL-2.0

//! By a flag.

use bindings::{ffi::c_int, ffi::c_uint, inode, LEASE_BREAK_NONBLOCK};

// What `break_deleg()` calls. The flags say the kind of the lease too.
bindings::signatures! {
    bindings::__break_lease: fn(*mut inode, c_uint) -> c_int;
}

pub(crate) struct Answer;

impl super::BreakDeleg for Answer {
    const WITHOUT_WAITING: c_uint = LEASE_BREAK_NONBLOCK as c_uint;
}
