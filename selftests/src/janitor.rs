// SPDX-License-Identifier: GPL-2.0

//! `base0fs-selftest --janitor DIR`: the process that removes the scratch directory of a run that was
//! killed, or that a case has crashed.
//!
//! It is in the run's mount namespace, so that it sees the mounts to remove, and outside the run's
//! process group, so that a signal to that group does not reach it. The run holds the other end of
//! its standard input. The end of that input means the end of the run.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::Arc;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::scratch;

/// The janitor of a run. Dropping this waits until it has ended.
#[derive(Debug)]
pub struct Janitor(Child);

impl Janitor {
    /// Starts the janitor for the scratch directory `path`. `program` is `base0fs-selftest`.
    pub fn start(program: &Path, path: &Path) -> io::Result<Self> {
        Command::new(program)
            .arg("--janitor")
            .arg(path)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .map(Self)
    }
}

impl Drop for Janitor {
    fn drop(&mut self) {
        // Closes the janitor's input first. A janitor that was killed has nothing to say.
        let _ = self.0.wait();
    }
}

/// Waits for the end of the run, and removes the scratch directory `path` if it is still there.
pub fn run(path: &Path) -> Result<(), String> {
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))
            .map_err(|error| format!("signals cannot be ignored: {error}."))?;
    }
    io::stdin()
        .read_to_end(&mut Vec::new())
        .map_err(|error| format!("the end of the run cannot be seen: {error}."))?;
    scratch::remove_after_run(path)
}
