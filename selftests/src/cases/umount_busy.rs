// SPDX-License-Identifier: GPL-2.0

//! A mount is busy as long as something uses it, and holds nothing afterwards.

use std::fs::{self, File};
use std::path::Path;

use rustix::fs::{open, Mode, OFlags};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};
use rustix::mount::{mount_bind, unmount, UnmountFlags};

use crate::bench::Bench;
use crate::case::{expect, Case, Expect, Outcome, Run};
use crate::layer::take_down;
use crate::ops::RDONLY;
use crate::trace::Trace;
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "umount_busy",
    about: "umount is refused while files are open, and leaves the lower mount free and unlinked files gone",
    risk: "the lower filesystem may be impossible to unmount, or a file be lost that is open",
    run: Run::Mounting(run),
};

fn run(bench: &Bench) -> Outcome {
    let (lower, upper) = (bench.directory("lower")?, bench.directory("upper")?);
    // A mount of its own below shows whether the layer lets go of it.
    mount_bind(&lower, &lower)?;
    let mounted = bench.mount(&lower, &upper)?;
    fs::write(upper.join("file"), "content")?;
    fs::create_dir(upper.join("directory"))?;

    let at_once = |path: &Path| unmount(path, UnmountFlags::NOFOLLOW);
    let file = File::open(upper.join("file"))?;
    at_once(&upper).refused(Errno::BUSY)?;
    fs::remove_file(upper.join("file"))?;
    at_once(&upper).refused(Errno::BUSY)?;
    drop(file);
    let directory = open(
        upper.join("directory"),
        OFlags::PATH | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    at_once(&upper).refused(Errno::BUSY)?;
    drop(directory);
    rustix::process::chdir(upper.join("directory"))?;
    at_once(&upper).refused(Errno::BUSY)?;
    rustix::process::chdir("/")?;
    let trace = Trace::default();
    let world = World::new(&upper, &lower, bench.suite.program, &trace);
    world.write_file("mapped", b"mapped")?;
    let mapping = world
        .open("mapped", RDONLY)?
        .mmap(6, ProtFlags::READ, MapFlags::SHARED)?;
    at_once(&upper).refused(Errno::BUSY)?;
    drop(mapping);
    world.install("program")?;
    let running = world.start("program")?;
    at_once(&upper).refused(Errno::BUSY)?;
    drop(running);
    mounted.unmount()?;
    take_down(&lower)?;

    // A mount that is taken down lazily goes on for those who use it, and is gone after them.
    mount_bind(&lower, &lower)?;
    let mounted = bench.mount(&lower, &upper)?;
    fs::write(upper.join("file"), "content")?;
    let file = File::open(upper.join("file"))?;
    unmount(&upper, UnmountFlags::NOFOLLOW | UnmountFlags::DETACH)?;
    expect(
        "an open file of a detached mount",
        std::io::read_to_string(&file)?.as_str(),
        "content",
    )?;
    drop(file);
    drop(mounted);
    take_down(&lower)?;

    // Mounted and taken down many times over, with something cached each time.
    for round in 0..20 {
        let mounted = bench.mount(&lower, &upper)?;
        fs::write(upper.join(format!("round-{round}")), "content")?;
        mounted.unmount()?;
    }
    expect(
        "files made in all rounds",
        fs::read_dir(&lower)?.count(),
        24,
    )
}
