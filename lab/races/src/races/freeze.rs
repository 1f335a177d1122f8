// SPDX-License-Identifier: GPL-2.0

//! A frozen lower filesystem blocks tasks that change it, and no others.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{chown, symlink, FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime};

use rustix::fs::{
    fallocate, mknodat, open, renameat_with, setxattr, FallocateFlags, FileType, Mode, OFlags,
    RenameFlags, XattrFlags, CWD,
};
use rustix::process::{kill_process, Pid, Signal};

use super::set_id;
use crate::race::{Race, Rounds};
use crate::watchdog;

pub const RACE: Race = Race {
    name: "freeze",
    description:
        "while one task waits to change a frozen lower filesystem, others can look up and read (ext4)",
    rounds: usize::MAX,
    explicit: true,
    body: run,
};

/// After this time an operation counts as one that hangs. It takes a fraction of a second, even on
/// a machine that has much else to do.
pub const HANG: Duration = Duration::from_secs(600);

/// How long a killed task is watched that may wait for the thaw.
const WATCHED: Duration = Duration::from_secs(5);

/// The time that an operation gets to reach the point where it blocks.
pub const BLOCKING: Duration = Duration::from_millis(300);

/// Makes a change in the directory.
type Change = fn(&Path) -> io::Result<()>;

/// Every kind of change.
const CHANGES: &[(&str, Change)] = &[
    ("open-creat", |w| File::create(w.join("new")).map(drop)),
    ("open-excl", |w| File::create_new(w.join("new")).map(drop)),
    ("mkdir", |w| fs::create_dir(w.join("new"))),
    ("mknod", |w| {
        let mode = Mode::from_bits_retain(0o600);
        Ok(mknodat(CWD, w.join("new"), FileType::Fifo, mode, 0)?)
    }),
    ("symlink", |w| symlink("nowhere", w.join("new"))),
    ("link", |w| fs::hard_link(w.join("file"), w.join("new"))),
    ("unlink", |w| fs::remove_file(w.join("spare"))),
    ("rmdir", |w| fs::remove_dir(w.join("empty"))),
    ("rename", |w| fs::rename(w.join("spare"), w.join("new"))),
    ("rename onto another", |w| {
        fs::rename(w.join("spare"), w.join("other"))
    }),
    ("rename to another directory", |w| {
        fs::rename(w.join("spare"), w.join("../s/new"))
    }),
    ("rename of a directory", |w| {
        fs::rename(w.join("empty"), w.join("../s/new"))
    }),
    ("exchange", |w| {
        Ok(renameat_with(
            CWD,
            w.join("spare"),
            CWD,
            w.join("../s/g"),
            RenameFlags::EXCHANGE,
        )?)
    }),
    ("chmod of the directory", |w| {
        fs::set_permissions(w, Permissions::from_mode(0o711))
    }),
    ("chown of the directory", |w| chown(w, Some(1), Some(1))),
    ("utimes of the directory", |w| {
        File::open(w)?.set_modified(SystemTime::UNIX_EPOCH)
    }),
    ("setxattr of the directory", |w| {
        Ok(setxattr(w, "user.races", b"1", XattrFlags::empty())?)
    }),
    ("chmod of a file", |w| {
        fs::set_permissions(w.join("file"), Permissions::from_mode(0o600))
    }),
    ("chown of a program", |w| {
        chown(w.join("tool"), Some(1), Some(1))
    }),
    ("utimes of a file", |w| {
        File::options()
            .write(true)
            .open(w.join("file"))?
            .set_modified(SystemTime::UNIX_EPOCH)
    }),
    ("setxattr of a file", |w| {
        Ok(setxattr(
            w.join("file"),
            "user.races",
            b"1",
            XattrFlags::empty(),
        )?)
    }),
    ("write", |w| {
        OpenOptions::new()
            .write(true)
            .open(w.join("file"))?
            .write_all(b"written")
    }),
    ("append", |w| {
        OpenOptions::new()
            .append(true)
            .open(w.join("file"))?
            .write_all(b"written")
    }),
    ("pwrite", |w| {
        OpenOptions::new()
            .write(true)
            .open(w.join("file"))?
            .write_all_at(b"written", 9000)
    }),
    // The second task waits for a lock of the file if the first one holds it, and keeps the
    // directory locked meanwhile.
    ("a write, and unlink of its file", |w| {
        let name = w.join("other");
        let mut file = OpenOptions::new().write(true).open(&name)?;
        let write = thread::spawn(move || file.write_all(b"written"));
        thread::sleep(BLOCKING / 3);
        let unlinked = fs::remove_file(name);
        write.join().expect("the writer does not panic")?;
        unlinked
    }),
    ("truncate", |w| {
        OpenOptions::new()
            .write(true)
            .open(w.join("file"))?
            .set_len(1)
    }),
    ("open-trunc", |w| {
        OpenOptions::new()
            .write(true)
            .truncate(true)
            .open(w.join("file"))
            .map(drop)
    }),
    ("fallocate", |w| {
        let file = OpenOptions::new().write(true).open(w.join("file"))?;
        Ok(fallocate(file, FallocateFlags::empty(), 0, 100_000)?)
    }),
    ("copy_file_range", |w| {
        let to = OpenOptions::new().write(true).open(w.join("file"))?;
        Ok(
            rustix::fs::copy_file_range(File::open(w.join("tool"))?, None, to, None, 5000)
                .map(drop)?,
        )
    }),
    ("tmpfile", |w| {
        let mode = Mode::from_bits_retain(0o600);
        Ok(open(w, OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC, mode).map(drop)?)
    }),
];

/// Runs `f` in a new thread. The result may never arrive, if `f` hangs in the kernel.
pub fn spawn_detached<R: Send + 'static>(
    f: impl FnOnce() -> R + Send + 'static,
) -> mpsc::Receiver<R> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(f()));
    receiver
}

/// Freezes or thaws the filesystem of `directory`. Fails if that takes too long.
pub fn fsfreeze(how: &str, directory: &Path) -> Result<(), String> {
    let mut child = Command::new("fsfreeze")
        .arg(how)
        .arg(directory)
        .spawn()
        .map_err(|error| format!("fsfreeze: {error}"))?;
    match watchdog::wait(&mut child, HANG) {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("fsfreeze {how} ended with {status}")),
        None => {
            watchdog::print_stacks(child.id());
            Err(format!("fsfreeze {how} does not return"))
        }
    }
}

/// Reads something in the directory. The number is different in each call, for a name that was not
/// looked up before.
type Reader = fn(PathBuf, usize) -> bool;

/// Operations of other tasks, which must not wait for the thaw.
const READERS: &[(&str, Reader)] = &[
    ("stat of a name that does not exist", |w, new| {
        fs::symlink_metadata(w.join(format!("none-{new}"))).is_err()
    }),
    ("stat of a name that was not looked up", |w, new| {
        fs::symlink_metadata(w.join(format!("fresh-{}", new % UNSEEN))).is_ok()
    }),
    ("readdir", |w, _| {
        fs::read_dir(w).is_ok_and(|entries| entries.count() > UNSEEN)
    }),
    ("stat of the file", |w, _| {
        fs::metadata(w.join("file")).is_ok()
    }),
    ("a read of the file", |w, _| {
        fs::read(w.join("file")).is_ok()
    }),
    ("exec", |w, _| {
        set_id::command(&w.join("tool"))
            .status()
            .is_ok_and(|status| status.code() == Some(10))
    }),
    ("stat in another directory", |w, new| {
        fs::symlink_metadata(w.join(format!("../s/none-{new}"))).is_err()
    }),
    ("readdir of another directory", |w, _| {
        fs::read_dir(w.join("../s")).is_ok()
    }),
    ("stat of the directory", |w, _| fs::metadata(w).is_ok()),
];

/// How many files have never been looked up.
const UNSEEN: usize = 20;

/// Makes the directory in which changes are made, and has the mount cache it. Returns its paths
/// above and below.
fn make(rounds: &Rounds<'_>) -> (PathBuf, PathBuf) {
    let layers = rounds.layers.make("freeze");
    let w = layers.below.join("w");
    for directory in ["w", "w/empty", "s"] {
        fs::create_dir(layers.below.join(directory)).expect("mkdir below succeeds");
    }
    for file in ["w/file", "w/spare", "w/other", "s/g"] {
        fs::write(layers.below.join(file), "content").expect("creating a file below succeeds");
    }
    for number in 0..UNSEEN {
        fs::write(w.join(format!("fresh-{number}")), "").expect("creating a file below succeeds");
    }
    set_id::copy_self(&w.join("tool"));
    fs::set_permissions(w.join("tool"), Permissions::from_mode(0o755)).expect("root changes modes");
    let above = layers.above.join("w");
    for name in ["file", "spare", "other", "empty", "tool", "../s/g"] {
        let _ = fs::metadata(above.join(name));
    }
    let _ = fs::read(above.join("file"));
    let _ = set_id::command(&above.join("tool")).status();
    rustix::fs::sync();
    (above, w)
}

fn run(rounds: &mut Rounds<'_>) {
    let lower = rounds.layers.below.clone();
    let mut reads = 0;
    for (name, change) in CHANGES {
        if !rounds.next() {
            let failure = format!("the time limit ended the race before {name}");
            return rounds.record(Some(failure));
        }
        let (above, below) = make(rounds);
        if let Err(error) = fsfreeze("--freeze", &lower) {
            return rounds.record(Some(error));
        }
        let change = spawn_detached({
            let (change, above) = (*change, above.clone());
            move || change(&above)
        });
        thread::sleep(BLOCKING);
        let mut failures = Vec::new();
        if let Ok(early) = change.try_recv() {
            failures.push(format!("did not wait for the thaw, and returned {early:?}"));
        }
        failures.extend(read_all(&above, &mut reads));
        if !failures.is_empty() {
            println!("# while {name} waits for the thaw:");
            watchdog::print_stacks(std::process::id());
        }
        let thawed = fsfreeze("--unfreeze", &lower);
        let is_thawed = thawed.is_ok();
        failures.extend(thawed.err());
        failures.extend(wait_for_change(&change));
        if is_thawed && names(&above) != names(&below) {
            failures.push("the directory differs above and below after the thaw".to_owned());
        }
        for failure in failures {
            rounds.record(Some(format!("{name}: {failure}")));
        }
        if !is_thawed {
            return;
        }
    }
    signals(rounds, &lower);
}

/// Runs all readers. Returns their failures. `reads` counts the reads of the whole race.
fn read_all(above: &Path, reads: &mut usize) -> Vec<String> {
    let mut failures = Vec::new();
    for (name, read) in READERS {
        *reads += 1;
        let (above, number) = (above.to_owned(), *reads);
        match spawn_detached(move || read(above, number)).recv_timeout(HANG) {
            Ok(true) => {}
            Ok(false) => failures.push(format!("{name} failed meanwhile")),
            Err(_) => failures.push(format!("{name} waits for the thaw as well")),
        }
    }
    failures
}

/// Waits for a change to end after the thaw. Returns its failure.
fn wait_for_change(change: &mpsc::Receiver<io::Result<()>>) -> Option<String> {
    match change.recv_timeout(HANG) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("failed after the thaw with {error}")),
        Err(mpsc::RecvTimeoutError::Timeout) => Some("does not return after the thaw".to_owned()),
        // The result arrived before the thaw.
        Err(mpsc::RecvTimeoutError::Disconnected) => None,
    }
}

/// The names in the directory, sorted.
pub fn names(directory: &Path) -> Vec<OsString> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
    names.sort();
    names
}

/// Programs that get signals while they wait: description, shell text and signals.
const WITH_SIGNALS: &[(&str, &str, &[Signal])] = &[
    (
        "a mkdir that is stopped and continued",
        "exec mkdir new",
        &[Signal::STOP, Signal::CONT],
    ),
    (
        "a write that is stopped and continued",
        "exec dd if=/dev/zero of=file bs=100000 count=1",
        &[Signal::STOP, Signal::CONT],
    ),
    (
        "an open that gets a signal with a handler",
        "trap : USR1; echo >new",
        &[Signal::USR1, Signal::USR1],
    ),
    (
        "a write that gets a signal with a handler",
        "trap : USR1; echo >>file",
        &[Signal::USR1, Signal::USR1],
    ),
];

/// Signals to a task that waits for the thaw neither end the wait early nor make it fail.
fn signals(rounds: &mut Rounds<'_>, lower: &Path) {
    for (name, text, signals) in WITH_SIGNALS {
        let (above, _) = make(rounds);
        if let Err(error) = fsfreeze("--freeze", lower) {
            return rounds.record(Some(error));
        }
        let mut child = spawn_shell(&above, text);
        for signal in *signals {
            thread::sleep(BLOCKING);
            let _ = kill_process(Pid::from_child(&child), *signal);
        }
        thread::sleep(BLOCKING);
        let early = child.try_wait().ok().flatten();
        rounds.expect(early.is_none(), || {
            format!("{name}: did not wait for the thaw, and ended with {early:?}")
        });
        if let Err(error) = fsfreeze("--unfreeze", lower) {
            return rounds.record(Some(error));
        }
        let status = watchdog::wait(&mut child, HANG);
        rounds.expect(status.is_some_and(|status| status.success()), || {
            format!("{name}: ended with {status:?} after the thaw")
        });
    }
    kill(rounds, lower);
}

/// A task that was killed while it waited ends after the thaw at the latest.
fn kill(rounds: &mut Rounds<'_>, lower: &Path) {
    let (above, _) = make(rounds);
    if let Err(error) = fsfreeze("--freeze", lower) {
        return rounds.record(Some(error));
    }
    let mut child = spawn_shell(&above, "exec mkdir new");
    thread::sleep(BLOCKING);
    let _ = child.kill();
    let ended = watchdog::wait(&mut child, WATCHED).is_some();
    println!("# SIGKILL ends a task that waits for the thaw: {ended}");
    if let Err(error) = fsfreeze("--unfreeze", lower) {
        return rounds.record(Some(error));
    }
    let ended = watchdog::wait(&mut child, HANG).is_some();
    rounds.expect(ended, || {
        "a killed task does not end after the thaw".to_owned()
    });
}

/// Runs a shell text in the directory.
fn spawn_shell(above: &Path, text: &str) -> Child {
    Command::new("sh")
        .args(["-c", text])
        .current_dir(above)
        .stderr(Stdio::null())
        .spawn()
        .expect("sh can be executed")
}
