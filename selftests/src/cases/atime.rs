// SPDX-License-Identifier: GPL-2.0

//! Access times, which reading changes.

use rustix::fs::{sendfile, OFlags, Timespec};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};

use crate::case::{Case, Run};
use crate::ops::{CREATE, RDONLY};
use crate::outcome::Outcome;
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "atime",
    about: "access times follow every way of reading: read, sendfile, mmap, readdir, readlink, and O_NOATIME",
    risk: "no data is at risk; access times are not to be trusted",
    run: Run::Compared(run),
};

/// Also run by the case about mount flags, as the next one.
pub(super) fn run(dir: &TestDir) -> Outcome {
    files_and_directories(dir)?;
    symlinks(dir)
}

pub(super) fn files_and_directories(dir: &TestDir) -> Outcome {
    dir.mkdir("at", 0o755)?;
    dir.mkdir("at/d", 0o755)?;
    dir.write_file("at/d/f", b"content")?;
    let (f, d) = ("at/d/f", "at/d");
    let target = dir.open("at/target", CREATE)?;
    reading(dir, "read", f, || dir.open(f, RDONLY)?.read(10).map(drop))?;
    reading(dir, "a read at the end", f, || {
        dir.open(f, RDONLY)?.pread(10, 100).map(drop)
    })?;
    reading(dir, "read with O_NOATIME", f, || {
        dir.open(f, RDONLY | OFlags::NOATIME)?.read(10).map(drop)
    })?;
    reading(dir, "open alone", f, || dir.open(f, RDONLY).map(drop))?;
    reading(dir, "sendfile", f, || {
        let file = dir.open(f, RDONLY)?;
        dir.step("sendfile", || sendfile(&target, &file, None, 10))
            .map(drop)
    })?;
    reading(dir, "mmap", f, || {
        let mapping = dir
            .open(f, RDONLY)?
            .mmap(7, ProtFlags::READ, MapFlags::PRIVATE)?;
        mapping.load(0, 7);
        Ok(())
    })?;
    reading(dir, "readdir", d, || {
        dir.open(d, RDONLY)?.rest_of_directory(4_096).map(drop)
    })?;
    reading(dir, "readdir with O_NOATIME", d, || {
        dir.open(d, RDONLY | OFlags::NOATIME)?
            .rest_of_directory(4_096)
            .map(drop)
    })?;
    reading(dir, "lstat", f, || dir.lstat(f).map(drop))?;
    dir.unlink(f)?;
    dir.unlink("at/target")?;
    dir.rmdir(d)?;
    dir.rmdir("at")?;
    Ok(())
}

fn symlinks(dir: &TestDir) -> Outcome {
    dir.write_file("target", b"")?;
    dir.symlink("target", "link")?;
    reading(dir, "readlink", "link", || dir.readlink("link").map(drop))?;
    reading(dir, "following a symlink", "link", || {
        dir.stat("link").map(drop)
    })?;
    dir.unlink("link")?;
    dir.unlink("target")?;
    Ok(())
}

/// Records what `act` does to the times of a file whose access lies before its change, as relatime
/// wants it, and once more when the access is recent.
fn reading(dir: &TestDir, what: &str, name: &str, act: impl Fn() -> Result<(), Errno>) -> Outcome {
    let time = |seconds| Timespec {
        tv_sec: seconds,
        tv_nsec: 0,
    };
    dir.utimens(name, time(1_000_000_000), time(1_000_000_001))?;
    dir.record_times(what, name, &act)?;
    // One hour ahead of now is later than any change, and no day old.
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime).tv_sec;
    rustix::fs::utimensat(
        rustix::fs::CWD,
        dir.path(name),
        &rustix::fs::Timestamps {
            last_access: time(now + 3_600),
            last_modification: time(1_000_000_001),
        },
        rustix::fs::AtFlags::SYMLINK_NOFOLLOW,
    )?;
    dir.record_times(&format!("{what} soon again"), name, &act)?;
    Ok(())
}
