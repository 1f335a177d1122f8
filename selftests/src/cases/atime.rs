// SPDX-License-Identifier: GPL-2.0

//! Access times, which reading changes.

use rustix::fs::{sendfile, OFlags, Timespec};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};

use crate::case::{Case, Outcome, Run};
use crate::ops::{CREATE, RDONLY};
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "atime",
    about: "access times follow every way of reading: read, sendfile, mmap, readdir, readlink, and O_NOATIME",
    risk: "no data is at risk; access times are not to be trusted",
    run: Run::Compared(run),
};

/// Also run by the case about mount flags, as the next one.
pub(super) fn run(w: &World) -> Outcome {
    files_and_directories(w)?;
    symlinks(w)
}

pub(super) fn files_and_directories(w: &World) -> Outcome {
    w.mkdir("at", 0o755)?;
    w.mkdir("at/d", 0o755)?;
    w.write_file("at/d/f", b"content")?;
    let (f, d) = ("at/d/f", "at/d");
    let target = w.open("at/target", CREATE)?;
    reading(w, "read", f, || w.open(f, RDONLY)?.read(10).map(drop))?;
    reading(w, "a read at the end", f, || {
        w.open(f, RDONLY)?.pread(10, 100).map(drop)
    })?;
    reading(w, "read with O_NOATIME", f, || {
        w.open(f, RDONLY | OFlags::NOATIME)?.read(10).map(drop)
    })?;
    reading(w, "open alone", f, || w.open(f, RDONLY).map(drop))?;
    reading(w, "sendfile", f, || {
        let file = w.open(f, RDONLY)?;
        w.step("sendfile", || sendfile(&target, &file, None, 10))
            .map(drop)
    })?;
    reading(w, "mmap", f, || {
        let mapping = w
            .open(f, RDONLY)?
            .mmap(7, ProtFlags::READ, MapFlags::PRIVATE)?;
        mapping.load(0, 7);
        Ok(())
    })?;
    reading(w, "readdir", d, || {
        w.open(d, RDONLY)?.rest_of_directory(4_096).map(drop)
    })?;
    reading(w, "readdir with O_NOATIME", d, || {
        w.open(d, RDONLY | OFlags::NOATIME)?
            .rest_of_directory(4_096)
            .map(drop)
    })?;
    reading(w, "lstat", f, || w.lstat(f).map(drop))?;
    w.unlink(f)?;
    w.unlink("at/target")?;
    w.rmdir(d)?;
    w.rmdir("at")?;
    Ok(())
}

fn symlinks(w: &World) -> Outcome {
    w.write_file("target", b"")?;
    w.symlink("target", "link")?;
    reading(w, "readlink", "link", || w.readlink("link").map(drop))?;
    reading(w, "following a symlink", "link", || {
        w.stat("link").map(drop)
    })?;
    w.unlink("link")?;
    w.unlink("target")?;
    Ok(())
}

/// Records what `act` does to the times of a file whose access lies before its change, as relatime
/// wants it, and once more when the access is recent.
fn reading(w: &World, what: &str, name: &str, act: impl Fn() -> Result<(), Errno>) -> Outcome {
    let time = |seconds| Timespec {
        tv_sec: seconds,
        tv_nsec: 0,
    };
    w.utimens(name, time(1_000_000_000), time(1_000_000_001))?;
    w.stamped(what, name, &act)?;
    // One hour ahead of now is later than any change, and no day old.
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime).tv_sec;
    rustix::fs::utimensat(
        rustix::fs::CWD,
        w.path(name),
        &rustix::fs::Timestamps {
            last_access: time(now + 3_600),
            last_modification: time(1_000_000_001),
        },
        rustix::fs::AtFlags::SYMLINK_NOFOLLOW,
    )?;
    w.stamped(&format!("{what} soon again"), name, &act)?;
    Ok(())
}
