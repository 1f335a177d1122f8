// SPDX-License-Identifier: GPL-2.0

//! Question: how does a timer get its function?
//!
//! Up to 6.12 the driver stores it in the timer. `hrtimer_setup()` takes it since 6.13, and there is
//! no other way since 6.15.

use bindings::{ffi::c_int, hrtimer, hrtimer_mode, hrtimer_restart};

bindings::answers! { timer_setup:
    "has_function" => has_function,
    "takes_function" => takes_function,
}

/// What a timer calls when its time has come.
pub(crate) type Function = unsafe extern "C" fn(*mut hrtimer) -> hrtimer_restart;

pub(crate) const CLOCK: c_int = bindings::CLOCK_MONOTONIC as c_int;
pub(crate) const MODE: hrtimer_mode = bindings::hrtimer_mode_HRTIMER_MODE_REL;

/// Sets a timer up, for [`CLOCK`] and [`MODE`].
pub(crate) trait TimerSetup {
    /// # Safety
    ///
    /// `timer` is valid for writes. It is not in use, and stays where it is.
    unsafe fn setup(timer: *mut hrtimer, function: Function);
}
