// SPDX-License-Identifier: GPL-2.0

//! The clock that files are stamped with, which somebody may set while a case runs.

use std::time::Duration;

use rustix::time::{clock_gettime, ClockId, Timespec};

/// What the clock of time stamps was ahead of the one that nobody sets.
#[derive(Clone, Copy, Debug)]
pub struct Clock(i128);

/// More than the two readings lie apart on a busy machine, and less than a tick that is compared.
const SET: Duration = Duration::from_millis(1);

impl Clock {
    /// The difference now.
    pub fn now() -> Self {
        let nanoseconds = |clock| {
            let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
            i128::from(tv_sec) * 1_000_000_000 + i128::from(tv_nsec)
        };
        // Of several differences, the one that nothing came between.
        let difference = || {
            let before = nanoseconds(ClockId::Monotonic);
            let stamps = nanoseconds(ClockId::Realtime);
            let after = nanoseconds(ClockId::Monotonic);
            (after - before, stamps - before)
        };
        let nearest = (0..10).map(|_| difference()).min().expect("there are ten");
        Self(nearest.1)
    }

    /// Whether somebody has set the clock since.
    pub fn was_set(self) -> bool {
        (Self::now().0 - self.0).unsigned_abs() > SET.as_nanos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_is_noticed() {
        let now = Clock::now();
        assert!(Clock(now.0 + 3_600_000_000_000).was_set());
        assert!(Clock(now.0 - 3_600_000_000_000).was_set());
    }
}
