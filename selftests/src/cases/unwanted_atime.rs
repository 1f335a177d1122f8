// SPDX-License-Identifier: GPL-2.0

//! Access times that nobody wants.

use std::path::Path;

use rustix::fd::OwnedFd;
use rustix::fs::{open, utimensat, AtFlags, Mode, OFlags, Timespec, Timestamps};
use rustix::io::Errno;
use rustix::mount::{mount_remount, MountFlags};

use super::mount_flags::Flagged;
use crate::case::{Case, Run};
use crate::fixture::{Directories, Fixture};
use crate::ops::RDONLY;
use crate::outcome::Outcome;
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "unwanted_atime",
    about: "reading through a read-only mount, or one that wants no access times, leaves those of all files alone",
    risk: "a mount that has to write nothing may write access times, and break what rests on them",
    run: Run::Mounting(run),
};

/// Reading through a mount that is read-only, itself or below, or that wants no access times, leaves
/// those of all files alone.
fn run(fixture: &Fixture) -> Outcome {
    let [plain, lower, upper] = fixture.create_dirs(["plain", "lower", "mount"])?;
    let places = Directories::new(&plain, &lower, &upper);
    fixture.compare("preparation", places.without_layer(), prepare)?;
    // What is mounted on these directories later cannot be written everywhere; they themselves can.
    let writable = [directory(places.plain)?, directory(places.lower)?];
    for flags in [
        MountFlags::RDONLY,
        MountFlags::NOATIME,
        MountFlags::NODIRATIME,
        MountFlags::empty(),
    ] {
        let _plain_flags = Flagged::new(places.plain, flags)?;
        let lower_flags = Flagged::new(places.lower, flags)?;
        let mounted = fixture.mount(places.lower, places.upper)?;
        want_access_times(&writable)?;
        fixture.compare(&format!("access times, {flags:?} below"), places, reading)?;
        mounted.unmount()?;
        drop(lower_flags);
        let mounted = fixture.mount(places.lower, places.upper)?;
        mount_remount(places.upper, MountFlags::BIND | flags, c"")?;
        want_access_times(&writable)?;
        fixture.compare(&format!("access times, {flags:?} above"), places, reading)?;
        mounted.unmount()?;
    }
    Ok(())
}

fn prepare(dir: &TestDir) -> Outcome {
    dir.write_file("f", b"content")?;
    dir.mkdir("d", 0o755)?;
    dir.symlink("f", "s")?;
    Ok(())
}

fn directory(path: &Path) -> Result<OwnedFd, Errno> {
    open(
        path,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
}

/// Makes the last access lie before the last change, so that relatime wants a new one.
fn want_access_times(directories: &[OwnedFd]) -> Outcome {
    let time = |seconds| Timespec {
        tv_sec: seconds,
        tv_nsec: 0,
    };
    let times = Timestamps {
        last_access: time(1_000_000_000),
        last_modification: time(1_000_000_001),
    };
    for directory in directories {
        for name in ["f", "d", "s"] {
            utimensat(directory, name, &times, AtFlags::SYMLINK_NOFOLLOW)?;
        }
    }
    Ok(())
}

fn reading(dir: &TestDir) -> Outcome {
    dir.record_times("reading a file", "f", || dir.read_file("f"))?;
    dir.record_times("reading a directory", "d", || {
        dir.open("d", RDONLY)?.rest_of_directory(4_096)
    })?;
    dir.record_times("reading a link", "s", || dir.readlink("s"))?;
    Ok(())
}
