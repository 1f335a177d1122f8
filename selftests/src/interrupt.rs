// SPDX-License-Identifier: GPL-2.0

//! What happens on ^C: the running case ends at its next step and the run cleans up as after its
//! last case.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{io, process, thread};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::scratch;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// How long a case may take to reach its next step before the run is ended over its head.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether the run was asked to end.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// Watches for SIGINT, SIGTERM and SIGHUP. Should a case hang in an operation, its scratch
/// directory is removed without waiting for it.
pub fn watch(scratch: PathBuf) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::spawn(move || {
        let Some(signal) = signals.forever().next() else {
            return;
        };
        REQUESTED.store(true, Ordering::Relaxed);
        thread::sleep(PATIENCE);
        if let Err(complaint) = scratch::clear(&scratch) {
            eprintln!("base0fs-selftest: {complaint}");
        }
        process::exit(128 + signal);
    });
    Ok(())
}
