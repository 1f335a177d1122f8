// SPDX-License-Identifier: GPL-2.0

//! Detects that the clock from which files get their timestamps was set while a case ran.

use std::time::Duration;

use rustix::time::{clock_gettime, ClockId, Timespec};

/// The difference between the realtime clock, which can be set, and the monotonic clock, which
/// cannot, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Clock(i128);

/// A larger change of the difference means that the clock was set. Two readings on a busy machine
/// lie closer together, and the clock's tick, below which no case compares times, is longer.
const TOLERANCE: Duration = Duration::from_millis(1);

impl Clock {
    /// The difference now.
    pub fn now() -> Self {
        let nanoseconds = |clock| {
            let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
            i128::from(tv_sec) * 1_000_000_000 + i128::from(tv_nsec)
        };
        let difference = || {
            let before = nanoseconds(ClockId::Monotonic);
            let realtime = nanoseconds(ClockId::Realtime);
            let after = nanoseconds(ClockId::Monotonic);
            (after - before, realtime - before)
        };
        // Of ten measurements, the one with the shortest interruption.
        let best = (0..10).map(|_| difference()).min().expect("there are ten");
        Self(best.1)
    }

    /// Whether the clock was set since.
    pub fn was_set(self) -> bool {
        (Self::now().0 - self.0).unsigned_abs() > TOLERANCE.as_nanos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_a_clock_that_was_set() {
        let now = Clock::now();
        assert!(Clock(now.0 + 3_600_000_000_000).was_set());
        assert!(Clock(now.0 - 3_600_000_000_000).was_set());
    }
}
