// SPDX-License-Identifier: GPL-2.0

//! Loading the module, mounting, unmounting and unloading, each with every allocation failing once.

use std::fs::{self, File};
use std::path::Path;

use base0fs_selftest::show::errno_name;
use rustix::io::Errno;
use rustix::mount::{mount, unmount, MountFlags, UnmountFlags};
use rustix::system::{delete_module, finit_module};

use crate::injector::Injector;
use crate::report;

/// More allocations than loading a module has.
const MOST: u32 = 20_000;

/// A step of the life of the module, and its opposite.
struct Turn<'a> {
    perform: &'a dyn Fn() -> Result<(), Errno>,
    undo: &'a dyn Fn() -> Result<(), Errno>,
    /// Whether the step is done.
    done: &'a dyn Fn() -> Result<bool, String>,
}

/// Runs all steps, and leaves the module loaded. Whether everything is ok.
pub fn run(
    module: &Path,
    filesystem: &str,
    lower: &Path,
    mountpoint: &Path,
) -> Result<bool, String> {
    let file = File::open(module)
        .map_err(|error| format!("{} cannot be opened: {error}", module.display()))?;
    let name = std::ffi::CString::new(filesystem).map_err(|error| error.to_string())?;
    let injector = Injector::new(None)?;
    let load = || finit_module(&file, c"", 0);
    let unload = || delete_module(&name, 0);
    let attach = || mount(lower, mountpoint, filesystem, MountFlags::empty(), None);
    let detach = || unmount(mountpoint, UnmountFlags::empty());
    let loaded = || listed("/proc/modules", filesystem, 0);
    let mounted = || listed("/proc/self/mounts", filesystem, 2);
    let not = |state: Result<bool, String>| state.map(|state| !state);

    let mut passed = true;
    let mut step = |name: &str, turn: Turn| {
        passed &= report(name, fail_each(&injector, &turn));
    };
    step(
        "loading the module",
        Turn {
            perform: &load,
            undo: &unload,
            done: &loaded,
        },
    );
    step(
        "mounting",
        Turn {
            perform: &attach,
            undo: &detach,
            done: &mounted,
        },
    );
    let gone = || not(mounted());
    step(
        "unmounting",
        Turn {
            perform: &detach,
            undo: &attach,
            done: &gone,
        },
    );
    let gone = || not(loaded());
    step(
        "unloading the module",
        Turn {
            perform: &unload,
            undo: &load,
            done: &gone,
        },
    );
    load().map_err(|errno| format!("the module cannot be loaded again: {}", errno_name(errno)))?;
    Ok(passed)
}

/// Fails each allocation of a step once. The step is done afterwards.
fn fail_each(injector: &Injector, turn: &Turn) -> Result<u32, Vec<String>> {
    for nth in 1..=MOST {
        let window = injector.window(nth);
        let result = window.during(turn.perform);
        let fault = |fault: String| vec![format!("allocation {nth}: {fault}")];
        let done = (turn.done)().map_err(fault)?;
        match result {
            Ok(()) if !done => return Err(fault("it succeeds and is not done".into())),
            Ok(()) if !window.failed() => return Ok(nth - 1),
            Ok(()) => (turn.undo)()
                .map_err(|errno| fault(format!("it cannot be undone: {}", errno_name(errno))))?,
            Err(errno) if errno != Errno::NOMEM || !window.failed() => {
                return Err(fault(format!(
                    "the error is {} in place of ENOMEM",
                    errno_name(errno)
                )))
            }
            Err(_) if done => return Err(fault("it fails and is done".into())),
            Err(_) => {}
        }
    }
    Err(vec![format!(
        "{MOST} allocations have failed, and there are more"
    )])
}

/// Whether a line of the table has this word at this position.
fn listed(table: &str, word: &str, position: usize) -> Result<bool, String> {
    let lines =
        fs::read_to_string(table).map_err(|error| format!("{table} cannot be read: {error}"))?;
    Ok(lines
        .lines()
        .any(|line| line.split(' ').nth(position) == Some(word)))
}
