// SPDX-License-Identifier: GPL-2.0

//! A worker of io_uring changes a frozen lower filesystem. It waits for the thaw with the upper
//! inode locked, because it cannot repeat its system call. Other tasks meet that lock.
//!
//! What each task has to report does not depend on how far another one has come. A task that comes
//! late only does not meet the lock.

use std::ffi::CString;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use base0fs_selftest::ops::{Change, Ring};
use rustix::io::Errno;

use super::freeze::{fsfreeze, names, spawn_detached, BLOCKING, HANG};
use super::set_id;
use crate::race::{Race, Rounds};
use crate::watchdog;

pub const RACE: Race = Race {
    name: "worker",
    description:
        "while a worker of io_uring waits to change a frozen lower filesystem, others find the right answers and go on (ext4)",
    rounds: usize::MAX,
    explicit: true,
    body: run,
};

fn run(rounds: &mut Rounds<'_>) {
    if let Err(Errno::NOSYS | Errno::PERM) = Ring::new() {
        println!("# left out: the kernel has no io_uring, or its settings forbid it");
        rounds.next();
        return;
    }
    type Scenario = fn(&Rounds<'_>) -> Result<(), String>;
    for (name, scenario) in [
        ("a name that a moved directory has", taken_name as Scenario),
        ("a program that became set-id", set_id_program),
    ] {
        if !rounds.next() {
            let failure = format!("the time limit ended the race before {name}");
            return rounds.record(Some(failure));
        }
        let failure = scenario(rounds).err();
        rounds.record(failure.map(|failure| format!("{name}: {failure}")));
    }
}

/// The old parent of a moved directory is locked, so the dentry of the directory cannot move to the
/// new parent. Making a directory of that name fails with `EEXIST` all the same.
fn taken_name(rounds: &Rounds<'_>) -> Result<(), String> {
    let layers = rounds.layers.make("taken-name");
    let (above, below) = (&layers.above, &layers.below);
    for name in ["old", "new", "old/moved"] {
        fs::create_dir(below.join(name)).expect("mkdir below succeeds");
    }
    fs::metadata(above.join("old/moved")).expect("stat above succeeds");
    fs::rename(below.join("old/moved"), below.join("new/moved")).expect("rename below succeeds");
    rustix::fs::sync();
    let path = c_path(&above.join("old/made"));
    let name = above.join("new/moved");
    let (changed, made) = while_frozen(
        &rounds.layers.below,
        move |ring| ring.change(Change::MakeDirectory(&path)),
        move || fs::create_dir(name),
    )?;
    expect("mkdir by the worker", changed, 0)?;
    let kind = made.map_err(|error| error.kind());
    let wanted = Err(io::ErrorKind::AlreadyExists);
    expect("mkdir of the name", kind, wanted)?;
    for directory in ["old", "new"] {
        let (above, below) = (above.join(directory), below.join(directory));
        expect("the names above", names(&above), names(&below))?;
    }
    Ok(())
}

/// Who executes a program that became set-id below waits for the upper inode's lock, to copy mode
/// and owner. He must not hold the lower inode's lock meanwhile, for which the worker waits next.
fn set_id_program(rounds: &Rounds<'_>) -> Result<(), String> {
    let layers = rounds.layers.make("set-id-program");
    let (above, below) = (layers.above.join("tool"), layers.below.join("tool"));
    set_id::copy_self(&below);
    for directory in [&rounds.layers.below, &layers.below] {
        fs::set_permissions(directory, Permissions::from_mode(0o755)).expect("root changes modes");
    }
    fs::set_permissions(&below, Permissions::from_mode(0o755)).expect("root changes modes");
    let file = File::open(&above).expect("opening above succeeds");
    fs::set_permissions(&below, Permissions::from_mode(0o4755)).expect("root changes modes");
    rustix::fs::sync();
    let (changed, executed) = while_frozen(
        &rounds.layers.below,
        move |ring| {
            ring.change(Change::SetXattr {
                file: file.as_fd(),
                name: c"user.races",
                value: b"1",
            })
        },
        move || set_id::command(&above).status(),
    )?;
    expect("setxattr by the worker", changed, 0)?;
    let code = executed.map(|status| status.code());
    // The effective user is root, who owns the program.
    expect(
        "the program",
        code.map_err(|error| error.kind()),
        Ok(Some(13)),
    )
}

/// Freezes the filesystem, has a worker begin `change`, runs `other` meanwhile, and thaws the
/// filesystem. Returns the results of both, which end after the thaw at the latest.
fn while_frozen<R: Send + 'static>(
    lower: &Path,
    change: impl FnOnce(&mut Ring) -> i64 + Send + 'static,
    other: impl FnOnce() -> R + Send + 'static,
) -> Result<(i64, R), String> {
    fsfreeze("--freeze", lower)?;
    let changed = spawn_detached(move || {
        let mut ring = Ring::new().expect("the kernel has io_uring");
        change(&mut ring)
    });
    thread::sleep(BLOCKING);
    let early = changed.try_recv();
    let other = spawn_detached(other);
    let prompt = other.recv_timeout(BLOCKING);
    fsfreeze("--unfreeze", lower)?;
    if let Ok(early) = early {
        return Err(format!("the worker did not wait for the thaw: {early}"));
    }
    let other = prompt.or_else(|_| ended("the other task", &other));
    Ok((ended("the worker", &changed)?, other?))
}

/// Waits for the result of a task after the thaw.
fn ended<R>(who: &str, task: &mpsc::Receiver<R>) -> Result<R, String> {
    task.recv_timeout(HANG).map_err(|_| {
        watchdog::print_stacks(std::process::id());
        format!("{who} does not return after the thaw")
    })
}

/// Fails unless the two are equal.
fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: T, wanted: T) -> Result<(), String> {
    match found == wanted {
        true => Ok(()),
        false => Err(format!("{what}: found {found:?}, and not {wanted:?}")),
    }
}

fn c_path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).expect("a path has no null byte")
}
