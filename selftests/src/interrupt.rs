// SPDX-License-Identifier: GPL-2.0

//! ^C: the running case ends at its next step, and the run cleans up as it does after the last
//! case.

use std::path::PathBuf;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;
use std::{io, process, thread};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::scratch;

/// The signal that asked the run to end, or 0.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// How long the run may take to end by itself. A case on a busy machine needs seconds for some
/// steps, and one that hangs never gets to its next step.
const GRACE_PERIOD: Duration = Duration::from_secs(20);

/// The signal that asked the run to end, if any did.
pub fn signal() -> Option<i32> {
    Some(SIGNAL.load(Ordering::Relaxed)).filter(|signal| *signal != 0)
}

/// Whether the run was asked to end.
pub fn requested() -> bool {
    signal().is_some()
}

/// Handles SIGINT, SIGTERM and SIGHUP in a thread. If the run has not ended after [`GRACE_PERIOD`],
/// a case hangs in an operation: the thread gives the signal to `report`, removes the scratch
/// directory unless it is to be kept, and exits the process.
pub fn watch(
    scratch: PathBuf,
    keep: bool,
    report: impl FnOnce(i32) + Send + 'static,
) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::spawn(move || {
        let Some(signal) = signals.forever().next() else {
            return;
        };
        SIGNAL.store(signal, Ordering::Relaxed);
        thread::sleep(GRACE_PERIOD);
        report(signal);
        scratch::clean_up(&scratch, keep);
        process::exit(128 + signal);
    });
    Ok(())
}
