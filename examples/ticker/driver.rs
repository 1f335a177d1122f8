// SPDX-License-Identifier: GPL-2.0

//! ticker: a timer that counts in the kernel's log, ten times a second, until the module is unloaded.

use core::{cell::UnsafeCell, mem::MaybeUninit, sync::atomic::*};

use bindings::{hrtimer, hrtimer_restart};
use kernel::{prelude::*, ThisModule};
use questions::timer_setup::{Answer, TimerSetup, MODE};

mod questions;

module! {
    type: Ticker,
    name: "ticker",
    description: "A timer that counts in the kernel's log",
    license: "GPL",
}

/// The time between two ticks, in nanoseconds.
const PERIOD: i64 = 100_000_000;

/// The timer. It is in static memory, because the kernel uses it by its address.
struct Timer(UnsafeCell<MaybeUninit<hrtimer>>);

// SAFETY: The kernel's functions for timers lock it, except for its setup, which is done once.
unsafe impl Sync for Timer {}

static TIMER: Timer = Timer(UnsafeCell::new(MaybeUninit::zeroed()));
static TICKS: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn tick(timer: *mut hrtimer) -> hrtimer_restart {
    pr_info!("tick {}\n", TICKS.fetch_add(1, Ordering::Relaxed) + 1);
    // SAFETY: The kernel calls this with the timer that has expired.
    unsafe { bindings::hrtimer_forward_now(timer, PERIOD) };
    hrtimer_restart::HRTIMER_RESTART
}

/// The loaded module. The timer runs while it lives.
struct Ticker;

impl kernel::Module for Ticker {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let timer = TIMER.0.get().cast();
        // SAFETY: The timer is static, and the kernel calls this once, before all else uses it.
        unsafe {
            Answer::setup(timer, tick);
            bindings::hrtimer_start(timer, PERIOD, MODE);
        }
        Ok(Self)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        // SAFETY: `init` has set up the timer. After this call it does not run any more.
        unsafe { bindings::hrtimer_cancel(TIMER.0.get().cast()) };
        pr_info!("stopped after {} ticks\n", TICKS.load(Ordering::Relaxed));
    }
}
