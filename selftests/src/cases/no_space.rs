// SPDX-License-Identifier: GPL-2.0

//! A full lower filesystem.

use rustix::fs::{copy_file_range, FallocateFlags, FileType, OFlags};
use rustix::io::Errno;
use rustix::mm::MapFlags;

use super::small_tmpfs::compare_on_small_tmpfs;
use crate::case::{Case, Run};
use crate::fixture::Fixture;
use crate::ops::{pattern, CREATE, RDWR, READ_WRITE};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "no_space",
    about: "a full lower filesystem: short writes, ENOSPC for data, space, names and mapped pages",
    risk: "data may be lost without an error when the lower filesystem is full",
    run: Run::Mounting(run),
};

fn run(fixture: &Fixture) -> Outcome {
    compare_on_small_tmpfs(fixture, c"size=64k,nr_inodes=20", |dir| {
        data(dir)?;
        names(dir)
    })
}

fn data(dir: &TestDir) -> Outcome {
    let file = dir.open("f", CREATE)?;
    file.pwrite(&pattern(41, 40_000), 0)?;
    let sparse = dir.open("sparse", CREATE)?;
    sparse.ftruncate(16_384)?;
    let mapping = sparse.mmap(16_384, READ_WRITE, MapFlags::SHARED)?;
    // A write that fits only in part is short. The next one fails.
    file.pwrite(&pattern(42, 60_000), 40_000)?;
    file.pwrite(&pattern(43, 4_096), 100_000)
        .refused(Errno::NOSPC)?;
    file.fallocate(FallocateFlags::empty(), 0, 200_000)
        .refused(Errno::NOSPC)?;
    file.fstat()?;
    // There is no page for the middle of a hole.
    sparse.pwrite(b"x", 5_000).refused(Errno::NOSPC)?;
    drop(mapping);
    dir.open("sparse", CREATE | OFlags::APPEND)?
        .write(b"x")
        .refused(Errno::NOSPC)?;
    dir.step("copy_file_range", || {
        copy_file_range(&file, Some(&mut 0), &sparse, Some(&mut 0), 10_000)
    })
    .refused(Errno::NOSPC)?;
    file.fsync()?;
    file.ftruncate(1_000)?;
    sparse.pwrite(b"x", 5_000)?;
    Ok(file.close()?)
}

fn names(dir: &TestDir) -> Outcome {
    let created = (0..30)
        .take_while(|number| dir.mkdir(&format!("d{number}"), 0o755).is_ok())
        .count();
    dir.record("directories created", &created);
    dir.open("one more", CREATE).refused(Errno::NOSPC)?;
    dir.symlink("x", "one more").refused(Errno::NOSPC)?;
    dir.mknod("one more", FileType::Fifo, 0o600, 0)
        .refused(Errno::NOSPC)?;
    dir.open(".", OFlags::TMPFILE | RDWR)
        .refused(Errno::NOSPC)?;
    dir.rmdir("d0")?;
    dir.write_file("one more", b"fits now")?;
    dir.list(".")?;
    Ok(())
}
