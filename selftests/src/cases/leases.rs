// SPDX-License-Identifier: GPL-2.0

//! Leases: who breaks them, in either layer, and who waits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fd::{AsFd, AsRawFd};
use rustix::fs::{open, Mode, OFlags};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};

use crate::case::{Case, Run};
use crate::ops::{
    drop_signal, handle, interrupted, lease_signal, while_waiting, Kind, RDONLY, RDWR, WRONLY,
};
use crate::outcome::{Expect, Outcome};
use crate::show::Show;
use crate::skipped;
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "leases",
    about: "a lease is broken by access through either layer, and the holder gets the signal",
    risk: "programs that cache data under a lease may show old data",
    run: Run::Compared(run),
};

/// An access that breaks leases.
type Breaker = fn(&TestDir) -> Result<(), Errno>;

const BREAKERS: [(&str, Breaker); 3] = [
    ("open for reading and writing", |dir| {
        open(dir.path("f"), RDWR | OFlags::CLOEXEC, Mode::empty()).map(drop)
    }),
    ("truncate", |dir| rustix_truncate(dir, "f")),
    ("open for reading", |dir| {
        open(dir.path("f"), RDONLY | OFlags::CLOEXEC, Mode::empty()).map(drop)
    }),
];

fn rustix_truncate(dir: &TestDir, name: &str) -> Result<(), Errno> {
    let path = dir.c_path(name);
    // SAFETY: The path ends in a null byte.
    match unsafe { libc::truncate(path.as_ptr(), 3) } {
        0 => Ok(()),
        _ => Err(crate::ops::last_errno()),
    }
}

fn run(dir: &TestDir) -> Outcome {
    let below = dir.below();
    dir.write_file("f", b"content")?;
    // By default it would end the suite.
    handle(libc::SIGIO, false);
    if let Err(errno) = dir.open("f", RDONLY)?.set_lease(Kind::Read) {
        // Some filesystems have no leases.
        skipped::report("leases", &format!("F_SETLEASE fails: {errno}"));
        return Ok(());
    }
    conflicts(dir, &below)?;
    conflicts(&below, dir)?;
    conflicts(dir, dir)?;
    for (holder, other) in [(dir, &below), (&below, dir), (dir, dir)] {
        for (name, breaker) in BREAKERS {
            for kind in [Kind::Read, Kind::Write] {
                if (name, kind) == ("open for reading", Kind::Read) {
                    continue;
                }
                broken(dir, holder, other, (name, breaker), kind)?;
            }
        }
        taken_again(dir, holder, other)?;
    }
    kept(dir)?;
    ends(dir, &below)
}

/// Which openings exclude a lease.
fn conflicts(holder: &TestDir, other: &TestDir) -> Outcome {
    let file = holder.open("f", RDONLY)?;
    file.lease()?;
    file.set_lease(Kind::Unlock).refused(Errno::AGAIN)?;
    let writer = other.open("f", WRONLY)?;
    file.set_lease(Kind::Read).refused(Errno::AGAIN)?;
    file.set_lease(Kind::Write).refused(Errno::AGAIN)?;
    writer.close()?;
    let reader = other.open("f", RDONLY)?;
    file.set_lease(Kind::Write).refused(Errno::AGAIN)?;
    file.set_lease(Kind::Read)?;
    file.lease()?;
    file.lock_lines()?;
    file.set_lease(Kind::Write).refused(Errno::AGAIN)?;
    file.lease()?;
    reader.set_lease(Kind::Read)?;
    reader.lease()?;
    reader.close()?;
    file.set_lease(Kind::Write)?;
    file.lease()?;
    file.lock_lines()?;
    file.set_lease(Kind::Read)?;
    file.lease()?;
    other.open("f", RDONLY)?.close()?;
    other
        .open("f", WRONLY | OFlags::NONBLOCK)
        .refused(Errno::AGAIN)?;
    file.lease()?;
    file.set_lease(Kind::Unlock)?;
    file.lease()?;
    other.open("f", WRONLY | OFlags::NONBLOCK)?.close()?;
    let writer = holder.open("f", RDWR)?;
    writer.set_lease(Kind::Read).compared();
    file.close()?;
    writer.set_lease(Kind::Write)?;
    writer.lease()?;
    writer.set_lease(Kind::Unlock)?;
    Ok(())
}

/// `breaker` in `other` breaks a lease that is held in `holder`.
fn broken(
    dir: &TestDir,
    holder: &TestDir,
    other: &TestDir,
    (name, breaker): (&str, Breaker),
    kind: Kind,
) -> Outcome {
    for signal in [None, Some(lease_signal())] {
        let file = holder.open("f", RDONLY)?;
        file.send_signals_here(signal)?;
        file.set_lease(kind)?;
        let result = while_waiting(
            || breaker(other),
            || {
                let signalled = file.await_signal(signal);
                let _ = file.lease();
                // The holder gives up what it has to.
                let left = match name {
                    "open for reading" => Kind::Read,
                    _ => Kind::Unlock,
                };
                let _ = file.set_lease(left);
                let _ = file.lease();
                signalled.map(drop)
            },
        );
        dir.record(format!("{name} with a lease"), &result.show());
        file.close()?;
        result?;
    }
    // The lease ends with the file.
    let file = holder.open("f", RDONLY)?;
    file.send_signals_here(Some(lease_signal()))?;
    file.set_lease(kind)?;
    let result = while_waiting(
        || breaker(other),
        || {
            file.await_signal(Some(lease_signal()))?;
            file.close()
        },
    );
    dir.record(format!("{name} until the close"), &result.show());
    result?;
    // The wait can be interrupted.
    let file = holder.open("f", RDONLY)?;
    file.send_signals_here(Some(lease_signal()))?;
    file.set_lease(kind)?;
    let result = interrupted(|| breaker(other));
    dir.record(format!("{name} with a signal"), &result.show());
    file.await_signal(Some(lease_signal()))?;
    file.lease()?;
    file.close()?;
    result.refused(Errno::INTR)
}

/// A holder who gives his lease back and takes it again at once does not delay a truncation for
/// ever.
fn taken_again(dir: &TestDir, holder: &TestDir, other: &TestDir) -> Outcome {
    const TIMEOUT: Duration = Duration::from_secs(10);
    let file = holder.open("f", RDONLY)?;
    // Not recorded: how often it happens depends on time.
    let control = |command: i32, kind: i32| {
        // SAFETY: These commands have a number for an argument.
        unsafe { libc::fcntl(file.as_fd().as_raw_fd(), command, kind) }
    };
    control(libc::F_SETLEASE, libc::F_RDLCK);
    let is_truncated = AtomicBool::new(false);
    let started = Instant::now();
    let result = while_waiting(
        || {
            let result = rustix_truncate(other, "f");
            is_truncated.store(true, Ordering::SeqCst);
            result
        },
        || {
            while !is_truncated.load(Ordering::SeqCst) && started.elapsed() < TIMEOUT {
                if control(libc::F_GETLEASE, 0) == libc::F_UNLCK {
                    control(libc::F_SETLEASE, libc::F_UNLCK);
                    control(libc::F_SETLEASE, libc::F_RDLCK);
                }
                thread::yield_now();
            }
            control(libc::F_SETLEASE, libc::F_UNLCK);
            Ok(())
        },
    );
    dir.record("truncate, the lease taken again", &result.show());
    let in_time = started.elapsed() < TIMEOUT;
    dir.record("in time", &in_time);
    file.close()?;
    // Nobody has waited for the signals of these breaks. The next holder must not take one for his.
    drop_signal(libc::SIGIO);
    Ok(())
}

/// A holder who changes the file by the descriptor of the lease keeps it.
fn kept(dir: &TestDir) -> Outcome {
    let file = dir.open("f", RDWR)?;
    file.set_lease(Kind::Write)?;
    file.ftruncate(2)?;
    file.lease()?;
    file.close()?;
    Ok(())
}

/// When a lease ends.
fn ends(dir: &TestDir, below: &TestDir) -> Outcome {
    let file = dir.open("f", RDONLY)?;
    file.set_lease(Kind::Write)?;
    let copy = rustix::io::dup(&file)?;
    file.close()?;
    let open_for_writing = WRONLY | OFlags::NONBLOCK;
    below.open("f", open_for_writing).refused(Errno::AGAIN)?;
    drop(copy);
    below.open("f", open_for_writing)?.close()?;
    let file = dir.open("f", RDONLY)?;
    let mapping = file.mmap(5, ProtFlags::READ, MapFlags::SHARED)?;
    file.set_lease(Kind::Read)?;
    file.lease()?;
    file.set_lease(Kind::Unlock)?;
    file.close()?;
    drop(mapping);
    below.open("f", open_for_writing)?.close()?;
    Ok(())
}
