// SPDX-License-Identifier: GPL-2.0

//! The timer has a member for the function, which the driver sets.
//!
//! Only without: bindings::hrtimer_setup

use bindings::hrtimer;

use super::{Function, CLOCK, MODE};

pub(crate) struct Answer;

impl super::TimerSetup for Answer {
    unsafe fn setup(timer: *mut hrtimer, function: Function) {
        // SAFETY: The safety requirements of this function are those of both lines.
        unsafe {
            bindings::hrtimer_init(timer, CLOCK, MODE);
            (*timer).function = Some(function);
        }
    }
}
