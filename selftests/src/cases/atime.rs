// SPDX-License-Identifier: GPL-2.0

//! Access times.

use rustix::fs::{sendfile, utimensat, AtFlags, OFlags, CWD};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};

use crate::case::{Case, Run};
use crate::ops::{atime_not_due, ATIME_DUE, CREATE, RDONLY};
use crate::outcome::Outcome;
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "atime",
    about: "every way of reading sets the access time: read, sendfile, mmap, readdir, readlink; reading with O_NOATIME does not",
    risk: "no data is at risk; access times may be wrong",
    run: Run::Compared(run),
};

/// `mount_flags` runs this, too.
pub(super) fn run(dir: &TestDir) -> Outcome {
    files_and_directories(dir)?;
    symlinks(dir)
}

fn files_and_directories(dir: &TestDir) -> Outcome {
    dir.mkdir("at", 0o755)?;
    dir.mkdir("at/d", 0o755)?;
    dir.write_file("at/d/f", b"content")?;
    let (f, d) = ("at/d/f", "at/d");
    let target = dir.open("at/target", CREATE)?;
    record_reading(dir, "read", f, || dir.open(f, RDONLY)?.read(10).map(drop))?;
    record_reading(dir, "a read at the end", f, || {
        dir.open(f, RDONLY)?.pread(10, 100).map(drop)
    })?;
    record_reading(dir, "read with O_NOATIME", f, || {
        dir.open(f, RDONLY | OFlags::NOATIME)?.read(10).map(drop)
    })?;
    record_reading(dir, "open alone", f, || dir.open(f, RDONLY).map(drop))?;
    record_reading(dir, "sendfile", f, || {
        let file = dir.open(f, RDONLY)?;
        dir.step("sendfile", || sendfile(&target, &file, None, 10))
            .map(drop)
    })?;
    record_reading(dir, "mmap", f, || {
        let mapping = dir
            .open(f, RDONLY)?
            .mmap(7, ProtFlags::READ, MapFlags::PRIVATE)?;
        mapping.load(0, 7);
        Ok(())
    })?;
    record_reading(dir, "readdir", d, || {
        dir.open(d, RDONLY)?.rest_of_directory(4_096).map(drop)
    })?;
    record_reading(dir, "readdir with O_NOATIME", d, || {
        dir.open(d, RDONLY | OFlags::NOATIME)?
            .rest_of_directory(4_096)
            .map(drop)
    })?;
    record_reading(dir, "lstat", f, || dir.lstat(f).map(drop))?;
    dir.unlink(f)?;
    dir.unlink("at/target")?;
    dir.rmdir(d)?;
    dir.rmdir("at")?;
    Ok(())
}

fn symlinks(dir: &TestDir) -> Outcome {
    dir.write_file("target", b"")?;
    dir.symlink("target", "link")?;
    record_reading(dir, "readlink", "link", || dir.readlink("link").map(drop))?;
    record_reading(dir, "following a symlink", "link", || {
        dir.stat("link").map(drop)
    })?;
    dir.unlink("link")?;
    dir.unlink("target")?;
    Ok(())
}

/// Records what `operation` does to the times of a file, first with an access time that relatime
/// updates, then with one that it keeps.
fn record_reading(
    dir: &TestDir,
    what: &str,
    name: &str,
    operation: impl Fn() -> Result<(), Errno>,
) -> Outcome {
    dir.utimens(name, ATIME_DUE.last_access, ATIME_DUE.last_modification)?;
    dir.record_times(what, name, &operation)?;
    let path = dir.path(name);
    // Not recorded: this time differs from run to run.
    utimensat(CWD, path, &atime_not_due(), AtFlags::SYMLINK_NOFOLLOW)?;
    dir.record_times(&format!("{what} soon again"), name, &operation)?;
    Ok(())
}
