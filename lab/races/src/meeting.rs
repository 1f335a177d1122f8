// SPDX-License-Identifier: GPL-2.0

//! Two threads that do something at the same moment, again and again.

use std::hint;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::random::Random;

/// Runs `first` and `second` at the same moment, one a little before the other, and returns what both said.
///
/// A thread is made for one of them only, so that two processors are enough for both. `late` is how much later
/// than the other one may start.
pub fn meet<A: Send, B>(
    random: &mut Random,
    late: Duration,
    first: impl FnOnce() -> A + Send,
    second: impl FnOnce() -> B,
) -> (A, B) {
    let span = late.as_nanos() as usize + 1;
    let delays = match random.below(2) {
        0 => (random.below(span), 0),
        _ => (0, random.below(span)),
    };
    let waiting = AtomicUsize::new(2);
    let start = |delay: usize| {
        waiting.fetch_sub(1, Ordering::AcqRel);
        let mut turns = 0_u32;
        while waiting.load(Ordering::Acquire) > 0 {
            turns += 1;
            // The other one may wait for this processor.
            if turns % 1024 == 0 {
                thread::yield_now();
            }
            hint::spin_loop();
        }
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_nanos(delay as u64) {
            hint::spin_loop();
        }
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            start(delays.0);
            first()
        });
        start(delays.1);
        let here = second();
        match other.join() {
            Ok(there) => (there, here),
            Err(panic) => panic::resume_unwind(panic),
        }
    })
}

/// Runs `worker` in a thread of its own again and again while `f` runs.
pub fn beside<R>(worker: impl Fn() + Sync, workers: usize, f: impl FnOnce() -> R) -> R {
    let ending = AtomicBool::new(false);
    let ending = &ending;
    let worker = &worker;
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(move || {
                while !ending.load(Ordering::Relaxed) {
                    worker();
                }
            });
        }
        let result = panic::catch_unwind(panic::AssertUnwindSafe(f));
        ending.store(true, Ordering::Relaxed);
        result.unwrap_or_else(|panic| panic::resume_unwind(panic))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_run_and_each_is_early_sometimes() {
        let mut random = Random::new(1);
        let clock = AtomicUsize::new(0);
        let mut early = [false; 2];
        for _ in 0..200 {
            let (first, second) = meet(
                &mut random,
                Duration::from_micros(50),
                || clock.fetch_add(1, Ordering::Relaxed),
                || clock.fetch_add(1, Ordering::Relaxed),
            );
            early[usize::from(first > second)] = true;
        }
        assert_eq!((clock.into_inner(), early), (400, [true; 2]));
    }
}
