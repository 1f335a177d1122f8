// SPDX-License-Identifier: GPL-2.0

//! Reads the kernel's clocks, and detects that the one from which files get their timestamps was set
//! while a case ran.

use std::mem::MaybeUninit;
use std::time::Duration;

/// The seconds and nanoseconds of a clock. rustix would demand that the kernel offers every function
/// of a vDSO, which User Mode Linux does not.
pub fn reading(clock: libc::clockid_t) -> (i64, i64) {
    let mut time = MaybeUninit::uninit();
    // SAFETY: The pointer is valid for a write of a time.
    let status = unsafe { libc::clock_gettime(clock, time.as_mut_ptr()) };
    assert_eq!(status, 0, "every kernel has the clock {clock}");
    // SAFETY: The call has succeeded, so it has written the time.
    let libc::timespec { tv_sec, tv_nsec } = unsafe { time.assume_init() };
    (tv_sec, tv_nsec)
}

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
            let (seconds, nanoseconds) = reading(clock);
            i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds)
        };
        let difference = || {
            let before = nanoseconds(libc::CLOCK_MONOTONIC);
            let realtime = nanoseconds(libc::CLOCK_REALTIME);
            let after = nanoseconds(libc::CLOCK_MONOTONIC);
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
