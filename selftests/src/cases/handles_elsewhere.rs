// SPDX-License-Identifier: GPL-2.0

//! File handles across mounts: they survive umount, and lead to nothing outside of the mounted
//! directory.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fd::OwnedFd;
use rustix::fs::{open, Mode, OFlags};
use rustix::io::Errno;

use crate::ask;
use crate::case::{Case, Run};
use crate::fixture::Fixture;
use crate::ops::{FileHandle, RDONLY};
use crate::outcome::{expect, Expect, Outcome};
use crate::skipped;

pub(super) const CASE: Case = Case {
    name: "handles_elsewhere",
    about: "a file handle leads to its file after umount and through other mounts of the directory, and to no directory outside",
    risk: "NFS clients may reach files that are not in the exported directory, or lose theirs when the server restarts",
    // A bind mount does not refuse the handles of what is outside.
    run: Run::Configuring(run),
};

fn run(fixture: &Fixture, _filesystem: &str) -> Outcome {
    let [lower, upper, other, outside] =
        fixture.create_dirs(["lower", "upper", "other", "outside"])?;
    fs::create_dir_all(lower.join("d/e"))?;
    fs::write(lower.join("d/e/file"), "inside")?;
    let (file, directory) = match handle(&lower.join("d/e/file")) {
        Err(Errno::OPNOTSUPP) => {
            skipped::report("file handles", "the lower filesystem has none");
            return Ok(());
        }
        file => (file?, handle(&lower.join("d/e"))?),
    };
    drop_caches();
    if matches!(find(&lower, &file), Err(Errno::STALE)) {
        skipped::report(
            "file handles",
            "the lower filesystem finds only files that it has cached",
        );
        return Ok(());
    }

    // The handle of the lower file is that of the upper one, before and after a new mount.
    for _ in 0..2 {
        let mounted = fixture.mount(&lower, &upper)?;
        expect(
            "the handle of the upper file",
            handle(&upper.join("d/e/file"))? == file,
            true,
        )?;
        drop_caches();
        read(&upper, &file, "inside")?;
        is_directory(&upper, &directory, &upper.join("d/e"))?;
        mounted.unmount()?;
    }

    // Two mounts of a directory, and a mount of a mount.
    let first = fixture.mount(&lower, &upper)?;
    fs::create_dir(lower.join("d2"))?;
    let layers = [upper.join("d"), upper.join("d2")];
    let sources = match ask::may_stack_on(&layers, &other) {
        true => &[&lower, &upper][..],
        false => &[&lower],
    };
    for source in sources {
        let second = fixture.mount(source, &other)?;
        drop_caches();
        read(&other, &file, "inside")?;
        is_directory(&other, &directory, &other.join("d/e"))?;
        second.unmount()?;
    }

    // Nothing outside of the directory, as long as it is known to be there.
    fs::create_dir_all(outside.join("o/p"))?;
    fs::write(outside.join("o/file"), "outside")?;
    let held = open(outside.join("o/file"), RDONLY, Mode::empty())?;
    for name in ["o", "o/p", "o/file", "."] {
        refuse(&upper, &outside.join(name))?;
    }
    // The root of the filesystem is above the mounted directory.
    drop_caches();
    refuse(&upper, &outside.join("o/p"))?;
    refuse(&upper, fixture.directory)?;
    drop(held);

    // A directory that was moved out, and back.
    is_directory(&upper, &directory, &upper.join("d/e"))?;
    fs::rename(lower.join("d"), outside.join("d"))?;
    find(&upper, &directory).refused(Errno::STALE)?;
    let held = open(outside.join("d/e/file"), RDONLY, Mode::empty())?;
    find(&upper, &file).refused(Errno::STALE)?;
    drop(held);
    drop_caches();
    find(&upper, &directory).refused(Errno::STALE)?;
    fs::rename(outside.join("d"), lower.join("moved"))?;
    is_directory(&upper, &directory, &upper.join("moved/e"))?;
    read(&upper, &file, "inside")?;

    // A mount of a part.
    let part = fixture.mount(&lower.join("moved/e"), &other)?;
    read(&other, &file, "inside")?;
    is_directory(&other, &directory, &other)?;
    refuse(&other, &lower.join("moved"))?;
    part.unmount()?;
    Ok(first.unmount()?)
}

/// The handle of a file.
fn handle(path: &Path) -> Result<FileHandle, Errno> {
    let path = std::ffi::CString::new(path.as_os_str().as_bytes()).expect("no path has a NUL");
    FileHandle::of(&path, 0, 128).0
}

/// Opens a file of the filesystem at `mount` by its handle.
fn find(mount: &Path, handle: &FileHandle) -> Result<OwnedFd, Errno> {
    let mount = open(mount, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())?;
    handle.open(&mount, RDONLY)
}

/// Expects that `path` cannot be reached through `mount` by its handle.
#[track_caller]
fn refuse(mount: &Path, path: &Path) -> Outcome {
    find(mount, &handle(path)?).refused(Errno::STALE)
}

/// Expects a file with this content.
fn read(mount: &Path, handle: &FileHandle, content: &str) -> Outcome {
    let file = find(mount, handle)?;
    let found = rustix::fs::fstat(&file)?;
    expect("the device", found.st_dev, rustix::fs::stat(mount)?.st_dev)?;
    let text = std::io::read_to_string(fs::File::from(file))?;
    expect("the content", text.as_str(), content)
}

/// Expects the directory that is at `path`.
fn is_directory(mount: &Path, handle: &FileHandle, path: &Path) -> Outcome {
    let found = find(mount, handle)?;
    let shown = fs::read_link(format!(
        "/proc/self/fd/{}",
        std::os::fd::AsRawFd::as_raw_fd(&found)
    ))?;
    expect("the path", shown.as_path(), path)?;
    let inode = rustix::fs::fstat(&found)?.st_ino;
    expect("the inode", inode, rustix::fs::stat(path)?.st_ino)
}

/// 2 drops dentries and inodes. In a container /proc/sys may be read-only.
fn drop_caches() {
    let _ = fs::write("/proc/sys/vm/drop_caches", "2");
}
