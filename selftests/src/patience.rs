// SPDX-License-Identifier: GPL-2.0

//! A bound for waiting, which a machine that stands still does not use up.

use std::thread;
use std::time::Duration;

/// The time between two attempts.
const PAUSE: Duration = Duration::from_millis(10);

/// The number of attempts in a second.
const ATTEMPTS: u32 = 100;

/// How long somebody waits for what the kernel does later. Only a case that fails waits that long.
///
/// It counts attempts. The clock alone would be no bound: that of a virtual machine goes on while
/// the machine stands still, and then the time is over without an attempt.
#[derive(Debug)]
pub struct Patience(u32);

impl Patience {
    /// Patience of so many seconds, or more on a busy machine.
    pub fn of_seconds(seconds: u32) -> Self {
        Self(seconds * ATTEMPTS)
    }

    /// Sleeps until the next attempt. Returns false, and does not sleep, if there is none.
    pub fn lasts(&mut self) -> bool {
        let is_left = self.0 > 0;
        if is_left {
            self.0 -= 1;
            thread::sleep(PAUSE);
        }
        is_left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_after_the_last_attempt() {
        let mut patience = Patience(2);
        assert!(patience.lasts());
        assert!(patience.lasts());
        assert!(!patience.lasts());
    }
}
