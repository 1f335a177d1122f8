// SPDX-License-Identifier: GPL-2.0

//! `base0fs-selftest --janitor`: the process that removes the scratch directory of a run that was
//! killed, or that a case has crashed.
//!
//! It is in the run's mount namespace, so that it sees the mounts to remove, and outside the run's
//! process group, so that a signal to that group does not reach it. The run holds the other end of
//! its standard input, and writes the path of the directory there. The end of that input means the
//! end of the run.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::scratch;

/// The janitor of a run. Dropping this waits until it has ended. Start it before the scratch
/// directory is created: what is dropped first, the directory, is then gone before the janitor
/// looks for it.
#[derive(Debug)]
pub struct Janitor(Child);

impl Janitor {
    /// Starts a janitor that has nothing to remove yet. `program` is `base0fs-selftest`.
    pub fn start(program: &Path) -> io::Result<Self> {
        Command::new(program)
            .arg("--janitor")
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .map(Self)
    }

    /// Has it remove the scratch directory `path` after the run. For one directory.
    pub fn watch(&mut self, path: &Path) -> io::Result<()> {
        match &mut self.0.stdin {
            Some(input) => input.write_all(path.as_os_str().as_bytes()),
            None => unreachable!("the input is open until the janitor is dropped"),
        }
    }
}

impl Drop for Janitor {
    fn drop(&mut self) {
        // Closes the janitor's input first. A janitor that was killed has nothing to say.
        let _ = self.0.wait();
    }
}

/// How often the directory is tried to be removed, ten times a second.
const ATTEMPTS: usize = 100;

/// Waits for the end of the run, and removes its scratch directory if it is still there.
pub fn run() -> Result<(), String> {
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))
            .map_err(|error| format!("signals cannot be ignored: {error}."))?;
    }
    let mut path = Vec::new();
    io::stdin()
        .read_to_end(&mut path)
        .map_err(|error| format!("the end of the run cannot be seen: {error}."))?;
    if path.is_empty() {
        return Ok(());
    }
    let path = PathBuf::from(OsString::from_vec(path));
    // A killed process closes its input before or after it gives up its lock, and a child of it may
    // still put something into a directory that is being removed.
    for _ in 1..ATTEMPTS {
        if scratch::remove_after_run(&path).is_ok() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(100));
    }
    scratch::remove_after_run(&path)
}
