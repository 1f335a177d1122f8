// SPDX-License-Identifier: GPL-2.0

//! A lower filesystem that is full says so, and the layer passes it on.

use std::ffi::CStr;

use rustix::fs::FallocateFlags;
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};
use rustix::mount::{mount, MountFlags};

use crate::bench::Bench;
use crate::case::{Case, Expect, Outcome, Run};
use crate::layer::take_down;
use crate::ops::{pattern, CREATE};
use crate::suite::Places;
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "no_space",
    about: "a full lower filesystem: short writes, ENOSPC for data, space, names and mapped pages",
    risk: "data may be lost without an error when the lower filesystem is full",
    run: Run::Mounting(run),
};

fn run(bench: &Bench) -> Outcome {
    // Small filesystems in memory, full after a few pages and a few names.
    on_small_tmpfs(bench, c"size=64k,nr_inodes=20", fill)
}

/// Runs a comparison over filesystems of its own, where nobody else takes or gives space.
pub(super) fn on_small_tmpfs(bench: &Bench, options: &CStr, act: fn(&World) -> Outcome) -> Outcome {
    let [plain, lower, upper] = bench.directories(["plain", "lower", "mount"])?;
    for place in [&plain, &lower] {
        mount("small", place, "tmpfs", MountFlags::empty(), options)?;
    }
    let mounted = bench.mount(&lower, &upper)?;
    bench.compare("on a small tmpfs", Places::new(&plain, &lower, &upper), act)?;
    mounted.unmount()?;
    for place in [&plain, &lower] {
        take_down(place)?;
    }
    Ok(())
}

fn fill(w: &World) -> Outcome {
    let file = w.open("f", CREATE)?;
    file.pwrite(&pattern(41, 40_000), 0)?;
    // The page under the middle of a hole can be missing when it is wanted.
    let sparse = w.open("sparse", CREATE)?;
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
    w.open("sparse", CREATE | rustix::fs::OFlags::APPEND)?
        .write(b"x")
        .refused(Errno::NOSPC)?;
    w.step("copy_file_range", || {
        rustix::fs::copy_file_range(&file, Some(&mut 0), &sparse, Some(&mut 0), 10_000)
    })
    .refused(Errno::NOSPC)?;
    file.fsync()?;
    file.ftruncate(1_000)?;
    sparse.pwrite(b"x", 5_000)?;

    // Names run out, too.
    let made = (0..30)
        .take_while(|number| w.mkdir(&format!("d{number}"), 0o755).is_ok())
        .count();
    w.note("directories made", &made);
    w.open("one more", CREATE).refused(Errno::NOSPC)?;
    w.symlink("x", "one more").refused(Errno::NOSPC)?;
    w.mknod("one more", rustix::fs::FileType::Fifo, 0o600, 0)
        .refused(Errno::NOSPC)?;
    w.open(".", rustix::fs::OFlags::TMPFILE | crate::ops::RDWR)
        .refused(Errno::NOSPC)?;
    w.rmdir("d0")?;
    w.write_file("one more", b"fits now")?;
    w.list(".")?;
    file.close()?;
    Ok(())
}
