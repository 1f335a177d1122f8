// SPDX-License-Identifier: GPL-2.0

//! Question: how is `break_deleg()` told not to wait?
//!
//! Up to 6.18 its second argument is the mode of an open(2), with `O_NONBLOCK`. Later, at the
//! latest in 7.1, it has flags of its own.
//!
//! C header: `include/linux/filelock.h`

use bindings::ffi::c_uint;

answers! { break_deleg:
    "by_flag" => by_flag,
    "by_open_mode" => by_open_mode,
}

/// The second argument of `break_deleg()`.
pub(crate) trait BreakDeleg {
    /// For a change, without waiting.
    const WITHOUT_WAITING: c_uint;
}
