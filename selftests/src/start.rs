// SPDX-License-Identifier: GPL-2.0

//! What every run begins with, whether it runs cases, explores or races: a mount namespace of its
//! own, a scratch directory, and a process that removes the directory after a crash.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::process::{getrlimit, setrlimit, Resource, Rlimit};

use crate::janitor::Janitor;
use crate::layer::{Bind, Layer, Registered};
use crate::namespace;
use crate::scratch::Scratch;
use crate::show::errno_name;

/// The directory and the program of a run. Dropping this removes the directory, and then ends the
/// janitor.
#[derive(Debug)]
pub struct Start {
    /// The directory that holds everything the run creates.
    pub scratch: Scratch,
    /// The program `base0fs-selftest`.
    pub program: PathBuf,
    _janitor: Janitor,
}

/// The layer of that name. Refuses if the caller is not root, who alone can mount it.
pub fn layer(name: &str) -> Result<Box<dyn Layer>, String> {
    if !rustix::process::geteuid().is_root() {
        return Err("only root may mount filesystems: run base0fs-selftest with sudo.".into());
    }
    Ok(match name {
        "bind" => Box::new(Bind),
        name => Box::new(Registered::find(name)?),
    })
}

impl Start {
    /// Moves this process to a mount namespace of its own, and creates the directory in `parent`.
    /// `keep` leaves the directory there after the run; `all` makes sure that it has room for all
    /// cases.
    pub fn new(parent: &Path, keep: bool, all: bool) -> Result<Self, String> {
        leave_limits();
        namespace::enter().map_err(|errno| {
            format!(
                "cannot make a mount namespace ({}): run base0fs-selftest where root may call unshare(2).",
                errno_name(errno)
            )
        })?;
        let program = env::current_exe()
            .map_err(|error| format!("this program cannot find itself: {error}."))?;
        let no_janitor = |error: io::Error| {
            format!("the process that cleans up after a crash cannot be started: {error}.")
        };
        let mut janitor = Janitor::start(&program).map_err(no_janitor)?;
        let scratch = match keep {
            true => Scratch::kept(parent)?,
            false => Scratch::new(parent)?,
        };
        if !keep {
            janitor.watch(scratch.path()).map_err(no_janitor)?;
        }
        scratch.make_suitable(all)?;
        Ok(Self {
            scratch,
            program,
            _janitor: janitor,
        })
    }
}

/// Gives a run what it relies on, whatever this process was started with: the usual umask, and
/// files of any size.
fn leave_limits() {
    rustix::process::umask(Mode::from_raw_mode(0o022));
    let allowed = getrlimit(Resource::Fsize).maximum;
    let limit = |size| Rlimit {
        current: size,
        maximum: size,
    };
    // Where both are refused, a case says what it lacks.
    let _ = setrlimit(Resource::Fsize, limit(None))
        .or_else(|_| setrlimit(Resource::Fsize, limit(allowed)));
}
