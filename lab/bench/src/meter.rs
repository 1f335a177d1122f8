// SPDX-License-Identifier: GPL-2.0

//! What one operation costs.

use std::io;
use std::thread;
use std::time::Duration;

use crate::counter::instructions;

/// Rounds of each measurement. The least of them counts: a timer interrupt, or work that the kernel
/// does later, adds to some of them, and nothing takes away.
const ROUNDS: u32 = 24;

/// Some ticks of the kernel's clock.
const TICKS: Duration = Duration::from_millis(40);

/// Measures an operation, and keeps the result.
#[derive(Debug, Default)]
pub struct Meter {
    least: Option<u64>,
}

impl Meter {
    /// Measures `operation`, which is repeated `repeat` times in each round. The first round fills
    /// caches, and does not count.
    pub fn measure<R>(
        &mut self,
        repeat: u32,
        mut operation: impl FnMut() -> io::Result<R>,
    ) -> io::Result<()> {
        self.measure_prepared(repeat, || Ok(()), |_| operation())
    }

    /// As [`Meter::measure`], with something to do before each round, which does not count. The
    /// operation gets its number within the round.
    pub fn measure_prepared<R>(
        &mut self,
        repeat: u32,
        mut prepare: impl FnMut() -> io::Result<()>,
        mut operation: impl FnMut(u32) -> io::Result<R>,
    ) -> io::Result<()> {
        // Files that were changed in this tick of the clock make more work for some operations.
        thread::sleep(TICKS);
        for round in 0..=ROUNDS {
            prepare()?;
            let begin = instructions();
            for number in 0..repeat {
                operation(number)?;
            }
            let spent = (instructions() - begin) / u64::from(repeat);
            if round > 0 {
                self.least = Some(self.least.map_or(spent, |least| least.min(spent)));
            }
        }
        Ok(())
    }

    /// Instructions of one operation; `None` if nothing was measured.
    pub fn result(&self) -> Option<u64> {
        self.least
    }
}
