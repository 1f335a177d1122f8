// SPDX-License-Identifier: GPL-2.0

//! Record locks and flock, between files of the mount and of the lower directory.

use std::os::fd::{BorrowedFd, IntoRawFd};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::FlockOperation as Flock;
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};

use crate::case::{Case, Run};
use crate::ops::{
    interrupted, own_descriptors, record_lock, while_waiting, File, Kind, Owner, CREATE, RDWR,
};
use crate::outcome::{Expect, Outcome};
use crate::show::Show;
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "locks",
    about: "record locks and flock conflict with those taken below, and are released",
    risk: "programs that lock files may change the same data at the same time",
    run: Run::Compared(run),
};

/// All bytes of a file.
const ALL: (i64, i64) = (0, 0);

fn run(dir: &TestDir) -> Outcome {
    dir.write_file("f", b"some data to lock")?;
    dir.mkdir("d", 0o755)?;
    flock(dir)?;
    open_file_locks(dir)?;
    process_locks(dir)?;
    closed_meanwhile(dir)?;
    for (one, other) in [(dir, &dir.below()), (&dir.below(), dir), (dir, dir)] {
        waiting(dir, one, other)?;
        waiting_together(one, other)?;
        deadlock(dir, one, other)?;
    }
    Ok(())
}

fn flock(dir: &TestDir) -> Outcome {
    if !dir.keeps_flocks() {
        return Ok(());
    }
    for name in ["f", "d"] {
        let flags = match name {
            "f" => RDWR,
            _ => rustix::fs::OFlags::DIRECTORY,
        };
        let below = dir.below();
        let above = dir.open(name, flags)?;
        let (second, lower) = (dir.open(name, flags)?, below.open(name, flags)?);
        above.flock(Flock::NonBlockingLockExclusive)?;
        above.lock_lines()?;
        second
            .flock(Flock::NonBlockingLockShared)
            .refused(Errno::AGAIN)?;
        lower
            .flock(Flock::NonBlockingLockShared)
            .refused(Errno::AGAIN)?;
        above.flock(Flock::NonBlockingLockShared)?;
        above.lock_lines()?;
        lower.flock(Flock::NonBlockingLockShared)?;
        above
            .flock(Flock::NonBlockingLockExclusive)
            .refused(Errno::AGAIN)?;
        above.lock_lines()?;
        lower.flock(Flock::NonBlockingLockExclusive)?;
        lower.flock(Flock::Unlock)?;
        above.flock(Flock::LockExclusive)?;
        let copy = rustix::io::dup(&above)?;
        above.close()?;
        lower
            .flock(Flock::NonBlockingLockExclusive)
            .refused(Errno::AGAIN)?;
        drop(copy);
        lower.flock(Flock::NonBlockingLockExclusive)?;
        second
            .flock(Flock::NonBlockingLockShared)
            .refused(Errno::AGAIN)?;
    }
    let below = dir.below();
    let lower = below.open("f", RDWR)?;
    if dir.keeps_mapped_files() {
        let above = dir.open("f", RDWR)?;
        above.flock(Flock::LockExclusive)?;
        let mapping = above.mmap(10, ProtFlags::READ, MapFlags::SHARED)?;
        above.close()?;
        lower
            .flock(Flock::NonBlockingLockExclusive)
            .refused(Errno::AGAIN)?;
        drop(mapping);
    }
    lower.flock(Flock::NonBlockingLockExclusive)?;
    let again = dir.open("f", RDWR)?;
    let result = interrupted(|| rustix::fs::flock(&again, Flock::LockShared));
    dir.record("flock with a signal", &result.show());
    result.refused(Errno::INTR)
}

fn open_file_locks(dir: &TestDir) -> Outcome {
    let below = dir.below();
    let is_shown = dir.shows_open_file_locks();
    let (above, second) = (dir.open("f", RDWR)?, dir.open("f", RDWR)?);
    let lower = below.open("f", RDWR)?;
    let show = |file: &File| match is_shown {
        true => file.lock_lines().map(drop),
        false => Ok(()),
    };
    above.lock(Owner::File, Kind::Write, (2, 3))?;
    show(&above)?;
    for other in [&second, &lower] {
        other
            .lock(Owner::File, Kind::Read, ALL)
            .refused(Errno::AGAIN)?;
        other.test_lock(Owner::File, Kind::Read, ALL)?;
        other.test_lock(Owner::Process, Kind::Write, (3, 1))?;
        other.test_lock(Owner::Process, Kind::Write, (9, 1))?;
        other.lock(Owner::File, Kind::Write, (10, 5))?;
        other.lock(Owner::File, Kind::Unlock, (11, 1))?;
        show(other)?;
        other.lock(Owner::File, Kind::Unlock, ALL)?;
    }
    lower.lock(Owner::File, Kind::Write, (100, 10))?;
    above.test_lock(Owner::File, Kind::Read, ALL)?;
    above.lock(Owner::File, Kind::Read, (0, 5))?;
    show(&above)?;
    lower.test_lock(Owner::File, Kind::Write, ALL)?;
    // Not the lock of the process: closing another descriptor of the file leaves it.
    second.close()?;
    lower
        .lock(Owner::File, Kind::Write, ALL)
        .refused(Errno::AGAIN)?;
    if dir.keeps_mapped_files() {
        let mapping = above.mmap(10, ProtFlags::READ, MapFlags::SHARED)?;
        above.close()?;
        lower
            .lock(Owner::File, Kind::Write, ALL)
            .refused(Errno::AGAIN)?;
        drop(mapping);
    } else {
        above.close()?;
    }
    lower.lock(Owner::File, Kind::Write, ALL)?;
    let again = dir.open("f", RDWR)?;
    let result = interrupted(|| record_lock(&again, libc::F_OFD_SETLKW, Kind::Read, ALL).map(drop));
    dir.record("F_OFD_SETLKW with a signal", &result.show());
    result.refused(Errno::INTR)
}

fn process_locks(dir: &TestDir) -> Outcome {
    let below = dir.below();
    let (above, second) = (dir.open("f", RDWR)?, dir.open("f", RDWR)?);
    let lower = below.open("f", RDWR)?;
    above.lock(Owner::Process, Kind::Write, (0, 8))?;
    above.lock_lines()?;
    above.lock(Owner::Process, Kind::Read, (2, 2))?;
    above.lock(Owner::Process, Kind::Unlock, (6, 1))?;
    above.lock_lines()?;
    // One process owns both.
    lower.lock(Owner::Process, Kind::Write, (4, 8))?;
    other_process(dir, "while locked", &lower)?;
    other_process(dir, "while locked", &second)?;
    let read_only = dir.open("f", rustix::fs::OFlags::RDONLY)?;
    read_only
        .lock(Owner::Process, Kind::Write, ALL)
        .refused(Errno::BADF)?;
    // Closing any descriptor of the file releases the locks of the process.
    read_only.close()?;
    other_process(dir, "after a close", &second)?;
    above.lock_lines()?;
    lower.lock(Owner::Process, Kind::Write, (4, 8))?;
    other_process(dir, "while locked below", &above)?;
    lower.close()?;
    above.lock(Owner::Process, Kind::Write, ALL)?;
    let copy = rustix::io::dup(&above)?;
    drop(copy);
    other_process(dir, "after closing a copy", &second)?;
    // The end of a process releases its locks, although its open files stay.
    let result = while_waiting(
        || own_descriptors().and_then(|()| record_lock(&above, libc::F_SETLK, Kind::Write, ALL)),
        || Ok(()),
    );
    dir.record("lock of a process that ends", &result.map(drop).show());
    other_process(dir, "after the end of a process", &second)
}

/// A thread takes a lock while another one closes the descriptor. No lock may stay behind.
fn closed_meanwhile(dir: &TestDir) -> Outcome {
    for _ in 0..20 {
        let file = rustix::fs::open(dir.path("f"), RDWR, rustix::fs::Mode::empty())?;
        let fd = file.into_raw_fd();
        let _ = while_waiting(
            || {
                // SAFETY: The descriptor is open, or the call fails: nobody opens a file meanwhile.
                let file = unsafe { BorrowedFd::borrow_raw(fd) };
                record_lock(&file, libc::F_SETLK, Kind::Write, ALL).map(drop)
            },
            || {
                // SAFETY: The descriptor is ours, and closed once.
                unsafe { libc::close(fd) };
                Ok(())
            },
        );
        let left = while_waiting(
            || {
                own_descriptors()?;
                let below = dir.below();
                let file = rustix::fs::open(below.path("f"), RDWR, rustix::fs::Mode::empty())?;
                record_lock(&file, libc::F_SETLK, Kind::Write, ALL).map(drop)
            },
            || Ok(()),
        );
        dir.record(
            "a lock after a file was closed while it was locked",
            &left.show(),
        );
    }
    Ok(())
}

/// Records how other processes meet the locks on `file`.
fn other_process(dir: &TestDir, when: &str, file: &File) -> Outcome {
    let results = while_waiting(
        || {
            own_descriptors()?;
            let results = [(0, 1), (2, 2), (6, 1), (8, 4), (12, 0)].map(|range| {
                let try_lock = |kind| record_lock(file, libc::F_SETLK, kind, range).map(drop);
                let seen = record_lock(file, libc::F_GETLK, Kind::Write, range);
                let seen = seen.map(|lock| {
                    let is_ours = lock.l_pid == std::process::id() as i32;
                    format!("{} {} {is_ours}", lock.l_start, lock.l_len)
                });
                let seen = seen.unwrap_or_else(|errno| format!("{errno}"));
                format!(
                    "{} {} {seen}",
                    try_lock(Kind::Read).show(),
                    try_lock(Kind::Write).show()
                )
            });
            record_lock(file, libc::F_SETLK, Kind::Unlock, ALL)?;
            Ok(results.to_vec())
        },
        || Ok(()),
    )?;
    dir.record(format!("another process {when}"), &results);
    Ok(())
}

/// A lock of `one` makes `other` wait until it is released.
fn waiting(dir: &TestDir, one: &TestDir, other: &TestDir) -> Outcome {
    type Wait = fn(&File) -> Result<(), Errno>;
    let waits: [(&str, Wait, Wait); 3] = [
        (
            "F_SETLKW",
            |file| record_lock(file, libc::F_SETLKW, Kind::Write, ALL).map(drop),
            |file| record_lock(file, libc::F_SETLK, Kind::Unlock, ALL).map(drop),
        ),
        (
            "F_OFD_SETLKW",
            |file| record_lock(file, libc::F_OFD_SETLKW, Kind::Write, ALL).map(drop),
            |file| record_lock(file, libc::F_OFD_SETLK, Kind::Unlock, ALL).map(drop),
        ),
        (
            "flock",
            |file| rustix::fs::flock(file, Flock::LockExclusive),
            |file| rustix::fs::flock(file, Flock::Unlock),
        ),
    ];
    for (name, lock, unlock) in waits {
        let (first, second) = (one.open("f", RDWR)?, other.open("f", RDWR)?);
        lock(&first)?;
        let released = AtomicBool::new(false);
        let result = while_waiting(
            || {
                own_descriptors()?;
                lock(&second)?;
                Ok(vec![format!("{}", released.load(Ordering::SeqCst))])
            },
            || {
                std::thread::sleep(std::time::Duration::from_millis(30));
                released.store(true, Ordering::SeqCst);
                unlock(&first)
            },
        )?;
        dir.record(format!("{name} was granted after the release"), &result);
        unlock(&second)?;
        let result = interrupted(|| {
            lock(&first)?;
            own_descriptors()?;
            lock(&second)
        });
        dir.record(format!("{name} with a signal"), &result.show());
        result.refused(Errno::INTR)?;
        unlock(&first)?;
    }
    Ok(())
}

/// Two threads wait for the same lock of one open file. Neither has to wait for the other.
fn waiting_together(one: &TestDir, other: &TestDir) -> Outcome {
    let (file, holder) = (one.open("f", RDWR)?, other.open("f", RDWR)?);
    record_lock(&holder, libc::F_OFD_SETLK, Kind::Write, ALL)?;
    let wait = || record_lock(&file, libc::F_OFD_SETLKW, Kind::Write, ALL).map(drop);
    while_waiting(
        || {
            while_waiting(wait, || {
                std::thread::sleep(std::time::Duration::from_millis(30));
                wait()
            })
        },
        || {
            std::thread::sleep(std::time::Duration::from_millis(60));
            record_lock(&holder, libc::F_OFD_SETLK, Kind::Unlock, ALL).map(drop)
        },
    )?;
    Ok(())
}

/// Two owners wait for each other: one of them fails with EDEADLK.
fn deadlock(dir: &TestDir, one: &TestDir, other: &TestDir) -> Outcome {
    let (first, second) = (one.open("f", CREATE)?, other.open("f", CREATE)?);
    let barrier = std::sync::Barrier::new(2);
    let side = |file: &File, own: i64, wanted: i64| {
        own_descriptors()?;
        record_lock(file, libc::F_SETLK, Kind::Write, (own, 1))?;
        barrier.wait();
        let result = record_lock(file, libc::F_SETLKW, Kind::Write, (wanted, 1)).map(drop);
        record_lock(file, libc::F_SETLK, Kind::Unlock, ALL)?;
        Ok::<_, Errno>(result)
    };
    let mut results = std::thread::scope(|scope| {
        let threads = [
            scope.spawn(|| side(&first, 0, 1)),
            scope.spawn(|| side(&second, 1, 0)),
        ];
        threads.map(|thread| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                .and_then(|result| result)
                .show()
        })
    });
    results.sort();
    dir.record("two owners that wait for each other", &results.to_vec());
    Ok(())
}
