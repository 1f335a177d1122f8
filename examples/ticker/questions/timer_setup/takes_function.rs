// SPDX-License-Identifier: GPL-2.0

//! `hrtimer_setup()` takes the function.

use bindings::hrtimer;

use super::{Function, CLOCK, MODE};

pub(crate) struct Answer;

impl super::TimerSetup for Answer {
    unsafe fn setup(timer: *mut hrtimer, function: Function) {
        // SAFETY: The safety requirements of this function are those of the call.
        unsafe { bindings::hrtimer_setup(timer, Some(function), CLOCK, MODE) };
    }
}
