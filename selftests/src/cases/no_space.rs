// SPDX-License-Identifier: GPL-2.0

//! A lower filesystem that is full says so, and the layer passes it on.

use std::ffi::CStr;

use rustix::fs::FallocateFlags;
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};
use rustix::mount::{mount, MountFlags};

use crate::case::{Case, Run};
use crate::fixture::{Directories, Fixture};
use crate::layer::unmount_retrying;
use crate::ops::{pattern, CREATE};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "no_space",
    about: "a full lower filesystem: short writes, ENOSPC for data, space, names and mapped pages",
    risk: "data may be lost without an error when the lower filesystem is full",
    run: Run::Mounting(run),
};

fn run(fixture: &Fixture) -> Outcome {
    // Small filesystems in memory, full after a few pages and a few names.
    on_small_tmpfs(fixture, c"size=64k,nr_inodes=20", fill)
}

/// Runs a comparison over filesystems of its own, where nobody else takes or gives space.
pub(super) fn on_small_tmpfs(
    fixture: &Fixture,
    options: &CStr,
    act: fn(&TestDir) -> Outcome,
) -> Outcome {
    let [plain, lower, upper] = fixture.create_dirs(["plain", "lower", "mount"])?;
    for place in [&plain, &lower] {
        mount("small", place, "tmpfs", MountFlags::empty(), options)?;
    }
    let mounted = fixture.mount(&lower, &upper)?;
    fixture.compare(
        "on a small tmpfs",
        Directories::new(&plain, &lower, &upper),
        act,
    )?;
    mounted.unmount()?;
    for place in [&plain, &lower] {
        unmount_retrying(place)?;
    }
    Ok(())
}

fn fill(dir: &TestDir) -> Outcome {
    let file = dir.open("f", CREATE)?;
    file.pwrite(&pattern(41, 40_000), 0)?;
    // The page under the middle of a hole can be missing when it is wanted.
    let sparse = dir.open("sparse", CREATE)?;
    sparse.ftruncate(16_384)?;
    let mapping = sparse.mmap(16_384, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED)?;
    // A write that fits in part is short, and the next one fails.
    file.pwrite(&pattern(42, 60_000), 40_000)?;
    file.pwrite(&pattern(43, 4_096), 100_000)
        .refused(Errno::NOSPC)?;
    file.fallocate(FallocateFlags::empty(), 0, 200_000)
        .refused(Errno::NOSPC)?;
    file.fstat()?;
    sparse.pwrite(b"x", 5_000).refused(Errno::NOSPC)?;
    drop(mapping);
    dir.open("sparse", CREATE | rustix::fs::OFlags::APPEND)?
        .write(b"x")
        .refused(Errno::NOSPC)?;
    dir.step("copy_file_range", || {
        rustix::fs::copy_file_range(&file, Some(&mut 0), &sparse, Some(&mut 0), 10_000)
    })
    .refused(Errno::NOSPC)?;
    file.fsync()?;
    file.ftruncate(1_000)?;
    sparse.pwrite(b"x", 5_000)?;

    // Names run out, too.
    let made = (0..30)
        .take_while(|number| dir.mkdir(&format!("d{number}"), 0o755).is_ok())
        .count();
    dir.record("directories made", &made);
    dir.open("one more", CREATE).refused(Errno::NOSPC)?;
    dir.symlink("x", "one more").refused(Errno::NOSPC)?;
    dir.mknod("one more", rustix::fs::FileType::Fifo, 0o600, 0)
        .refused(Errno::NOSPC)?;
    dir.open(".", rustix::fs::OFlags::TMPFILE | crate::ops::RDWR)
        .refused(Errno::NOSPC)?;
    dir.rmdir("d0")?;
    dir.write_file("one more", b"fits now")?;
    dir.list(".")?;
    file.close()?;
    Ok(())
}
