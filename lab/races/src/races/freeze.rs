// SPDX-License-Identifier: GPL-2.0

//! A frozen lower filesystem holds up those who change it, and nobody else.

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
    about: "while one task waits to change a frozen lower filesystem, others look and read (ext4)",
    rounds: usize::MAX,
    special: true,
    run,
};

/// How long what must not wait may take.
const SOON: Duration = Duration::from_secs(10);

/// How long an operation is given to come to where it waits.
const ARRIVAL: Duration = Duration::from_millis(300);

type Change = fn(&Path) -> io::Result<()>;

/// Each way to change something in the directory.
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

/// Runs `f` in a thread of its own, whose answer may never come.
fn apart<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> mpsc::Receiver<R> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(f()));
    receiver
}

/// Freezes or thaws the filesystem that `directory` is on; an error if that does not succeed soon.
pub fn fsfreeze(how: &str, directory: &Path) -> Result<(), String> {
    let mut child = Command::new("fsfreeze")
        .arg(how)
        .arg(directory)
        .spawn()
        .map_err(|error| format!("fsfreeze: {error}"))?;
    match watchdog::wait(&mut child, SOON * 3) {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("fsfreeze {how} ended with {status}")),
        None => {
            watchdog::tell(child.id());
            Err(format!("fsfreeze {how} does not return"))
        }
    }
}

type Look = fn(PathBuf, usize) -> bool;

/// What others do there meanwhile, with a name that is new each time.
const LOOKS: &[(&str, Look)] = &[
    ("stat of a name that is not there", |w, new| {
        fs::symlink_metadata(w.join(format!("none-{new}"))).is_err()
    }),
    ("stat of a name that was not looked up", |w, new| {
        fs::symlink_metadata(w.join(format!("fresh-{}", new % FRESH))).is_ok()
    }),
    ("readdir", |w, _| {
        fs::read_dir(w).is_ok_and(|entries| entries.count() > FRESH)
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

/// How many names there are that nobody has looked up.
const FRESH: usize = 20;

fn make(rounds: &Rounds<'_>) -> (PathBuf, PathBuf) {
    let place = rounds.place.make("freeze");
    let w = place.below.join("w");
    for directory in ["w", "w/empty", "s"] {
        fs::create_dir(place.below.join(directory)).expect("a directory can be made below");
    }
    for file in ["w/file", "w/spare", "w/other", "s/g"] {
        fs::write(place.below.join(file), "content").expect("a file can be made below");
    }
    for number in 0..FRESH {
        fs::write(w.join(format!("fresh-{number}")), "").expect("a file can be made below");
    }
    set_id::copy(&w.join("tool"));
    fs::set_permissions(w.join("tool"), Permissions::from_mode(0o755)).expect("root changes modes");
    let above = place.above.join("w");
    for name in ["file", "spare", "other", "empty", "tool", "../s/g"] {
        let _ = fs::metadata(above.join(name));
    }
    let _ = fs::read(above.join("file"));
    let _ = set_id::command(&above.join("tool")).status();
    rustix::fs::sync();
    (above, w)
}

fn run(rounds: &mut Rounds<'_>) {
    let lower = rounds.place.below.clone();
    let mut looked = 0;
    for (name, change) in CHANGES {
        if !rounds.next() {
            rounds.note(Some(format!(
                "there was no time for {name} and what comes after it"
            )));
            return;
        }
        let (above, below) = make(rounds);
        if let Err(wrong) = fsfreeze("--freeze", &lower) {
            return rounds.note(Some(wrong));
        }
        let directory = above.clone();
        let changed = apart(move || change(&directory));
        thread::sleep(ARRIVAL);
        let mut wrong = Vec::new();
        if let Ok(early) = changed.try_recv() {
            wrong.push(format!(
                "{name}: it did not wait for the thaw, and gave {early:?}"
            ));
        }
        for (look, f) in LOOKS {
            looked += 1;
            let (directory, number) = (above.clone(), looked);
            match apart(move || f(directory, number)).recv_timeout(SOON) {
                Ok(true) => {}
                Ok(false) => wrong.push(format!("{name}: {look} failed meanwhile")),
                Err(_) => wrong.push(format!("{name}: {look} waits as well")),
            }
        }
        if !wrong.is_empty() {
            println!("# while {name} waits for the thaw:");
            watchdog::tell(std::process::id());
        }
        let thawed = fsfreeze("--unfreeze", &lower);
        let stuck = thawed.is_err();
        wrong.extend(thawed.err().map(|error| format!("{name}: {error}")));
        match changed.recv_timeout(SOON * 2) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => wrong.push(format!("{name}: after the thaw it gave {error}")),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                wrong.push(format!("{name}: it does not go on after the thaw"));
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {}
        }
        let names = |directory: &Path| {
            let mut names: Vec<_> = fs::read_dir(directory)
                .into_iter()
                .flatten()
                .flatten()
                .collect::<Vec<_>>()
                .iter()
                .map(fs::DirEntry::file_name)
                .collect();
            names.sort();
            names
        };
        if !stuck && names(&above) != names(&below) {
            wrong.push(format!("{name}: the directory differs after the thaw"));
        }
        for wrong in wrong {
            rounds.note(Some(wrong));
        }
        if stuck {
            return;
        }
    }
    signals(rounds, &lower);
}

/// What programs do that get signals while they wait.
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

fn signals(rounds: &mut Rounds<'_>, lower: &Path) {
    let start = |above: &Path, text: &str| -> Child {
        Command::new("sh")
            .args(["-c", text])
            .current_dir(above)
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell can be run")
    };
    for (name, text, signals) in WITH_SIGNALS {
        let (above, _) = make(rounds);
        if let Err(wrong) = fsfreeze("--freeze", lower) {
            return rounds.note(Some(wrong));
        }
        let mut child = start(&above, text);
        for signal in *signals {
            thread::sleep(ARRIVAL);
            let _ = kill_process(Pid::from_child(&child), *signal);
        }
        thread::sleep(ARRIVAL);
        let early = child.try_wait().ok().flatten();
        rounds.expect(early.is_none(), || {
            format!("{name}: it did not wait, and gave {early:?}")
        });
        if let Err(wrong) = fsfreeze("--unfreeze", lower) {
            return rounds.note(Some(wrong));
        }
        let status = watchdog::wait(&mut child, SOON * 2);
        rounds.expect(status.is_some_and(|status| status.success()), || {
            format!("{name}: it ended with {status:?} after the thaw")
        });
    }
    let (above, _) = make(rounds);
    if let Err(wrong) = fsfreeze("--freeze", lower) {
        return rounds.note(Some(wrong));
    }
    let mut child = start(&above, "exec mkdir new");
    thread::sleep(ARRIVAL);
    let _ = child.kill();
    let ended = watchdog::wait(&mut child, SOON / 2).is_some();
    println!("# SIGKILL ends a task that waits for the thaw: {ended}");
    if let Err(wrong) = fsfreeze("--unfreeze", lower) {
        return rounds.note(Some(wrong));
    }
    let ended = watchdog::wait(&mut child, SOON * 2).is_some();
    rounds.expect(ended, || {
        "a killed task does not end after the thaw".to_owned()
    });
}
