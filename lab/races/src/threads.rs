// SPDX-License-Identifier: GPL-2.0

//! Running functions at the same moment, in threads.

use std::hint;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::random::Random;

/// Runs `first` and `second` at the same moment and returns both results.
///
/// One of them starts up to `max_delay` later than the other. Which one and by how much is random.
/// `second` runs in the calling thread, so that no third thread takes processor time.
pub fn run_at_once<A: Send, B>(
    random: &mut Random,
    max_delay: Duration,
    first: impl FnOnce() -> A + Send,
    second: impl FnOnce() -> B,
) -> (A, B) {
    let span = max_delay.as_nanos() as usize + 1;
    let delays = match random.less_than(2) {
        0 => (random.less_than(span), 0),
        _ => (0, random.less_than(span)),
    };
    let missing = AtomicUsize::new(2);
    let start = |delay: usize| {
        missing.fetch_sub(1, Ordering::AcqRel);
        let mut turns = 0_u32;
        while missing.load(Ordering::Acquire) > 0 {
            turns += 1;
            // The other thread may need this processor.
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
        let second_result = second();
        match other.join() {
            Ok(first_result) => (first_result, second_result),
            Err(panic) => panic::resume_unwind(panic),
        }
    })
}

/// Runs `f` while `workers` threads call `worker` repeatedly. Panics if `f` does.
pub fn with_background<R>(worker: impl Fn() + Sync, workers: usize, f: impl FnOnce() -> R) -> R {
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
    fn both_run_and_either_can_be_first() {
        let mut random = Random::new(1);
        let clock = AtomicUsize::new(0);
        let (mut early, mut rounds) = ([false; 2], 0);
        // On a busy machine the scheduler may start one thread later than every short delay.
        let mut delay = Duration::from_micros(50);
        while early != [true; 2] && delay < Duration::from_secs(5) {
            for _ in 0..20 {
                let (first, second) = run_at_once(
                    &mut random,
                    delay,
                    || clock.fetch_add(1, Ordering::Relaxed),
                    || clock.fetch_add(1, Ordering::Relaxed),
                );
                early[usize::from(first > second)] = true;
                rounds += 1;
            }
            delay *= 2;
        }
        assert_eq!((clock.into_inner(), early), (2 * rounds, [true; 2]));
    }
}
