// SPDX-License-Identifier: GPL-2.0

//! Mounts that must not write access times: read-only and noatime ones, of the lower directory or
//! of the layer.

use std::path::Path;

use rustix::fd::OwnedFd;
use rustix::fs::{open, utimensat, AtFlags, Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{mount_remount, MountFlags};

use super::mount_flags::BindWithFlags;
use crate::case::{Case, Run};
use crate::fixture::{Directories, Fixture};
use crate::ops::{ATIME_DUE, RDONLY};
use crate::outcome::Outcome;
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "unwanted_atime",
    about: "reading through a read-only or noatime mount does not change access times",
    risk:
        "a mount that must not write may write access times, and break programs that rely on them",
    run: Run::Mounting(run),
};

fn run(fixture: &Fixture) -> Outcome {
    let [plain, lower, upper] = fixture.create_dirs(["plain", "lower", "mount"])?;
    let directories = Directories::new(&plain, &lower, &upper);
    fixture.compare("preparation", directories.without_layer(), prepare)?;
    // Read-only mounts will cover these directories. The descriptors reach below the mounts, where
    // times can be set.
    let writable = [
        open_directory(directories.plain)?,
        open_directory(directories.lower)?,
    ];
    for flags in [
        MountFlags::RDONLY,
        MountFlags::NOATIME,
        MountFlags::NODIRATIME,
        MountFlags::empty(),
    ] {
        let _plain_flags = BindWithFlags::new(directories.plain, flags)?;
        let lower_flags = BindWithFlags::new(directories.lower, flags)?;
        let mounted = fixture.mount(directories.lower, directories.upper)?;
        make_access_times_due(&writable)?;
        fixture.compare(
            &format!("access times, {flags:?} below"),
            directories,
            reading,
        )?;
        mounted.unmount()?;
        drop(lower_flags);
        let mounted = fixture.mount(directories.lower, directories.upper)?;
        mount_remount(directories.upper, MountFlags::BIND | flags, c"")?;
        make_access_times_due(&writable)?;
        fixture.compare(
            &format!("access times, {flags:?} above"),
            directories,
            reading,
        )?;
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

fn open_directory(path: &Path) -> Result<OwnedFd, Errno> {
    open(
        path,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
}

/// Sets times after which reading sets the access time.
fn make_access_times_due(directories: &[OwnedFd]) -> Outcome {
    for directory in directories {
        for name in ["f", "d", "s"] {
            utimensat(directory, name, &ATIME_DUE, AtFlags::SYMLINK_NOFOLLOW)?;
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
