// SPDX-License-Identifier: GPL-2.0

//! A mount is busy as long as something uses it, and holds nothing afterwards.

use std::fs::{self, File};
use std::path::Path;

use rustix::fs::{open, Mode, OFlags};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};
use rustix::mount::{mount_bind, unmount, UnmountFlags};

use crate::case::{Case, Run};
use crate::fixture::Fixture;
use crate::layer::unmount_retrying;
use crate::ops::RDONLY;
use crate::outcome::{expect, Expect, Outcome};
use crate::test_dir::TestDir;
use crate::trace::Trace;

pub(super) const CASE: Case = Case {
    name: "umount_busy",
    about: "umount is refused while files are open, and leaves the lower mount free and unlinked files gone",
    risk: "the lower filesystem may be impossible to unmount, or a file be lost that is open",
    run: Run::Mounting(run),
};

fn run(fixture: &Fixture) -> Outcome {
    let (lower, upper) = (fixture.create_dir("lower")?, fixture.create_dir("upper")?);
    // A mount of its own below shows whether the layer lets go of it.
    mount_bind(&lower, &lower)?;
    let mounted = fixture.mount(&lower, &upper)?;
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
    let dir = TestDir::new(&upper, &lower, fixture.program, &trace);
    dir.write_file("mapped", b"mapped")?;
    let mapping = dir
        .open("mapped", RDONLY)?
        .mmap(6, ProtFlags::READ, MapFlags::SHARED)?;
    at_once(&upper).refused(Errno::BUSY)?;
    drop(mapping);
    dir.install("program")?;
    let running = dir.start("program")?;
    at_once(&upper).refused(Errno::BUSY)?;
    drop(running);
    mounted.unmount()?;
    unmount_retrying(&lower)?;

    // A mount that is taken down lazily goes on for those who use it, and is gone after them.
    mount_bind(&lower, &lower)?;
    let mounted = fixture.mount(&lower, &upper)?;
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
    unmount_retrying(&lower)?;

    // Mounted and taken down many times over, with something cached each time.
    for round in 0..20 {
        let mounted = fixture.mount(&lower, &upper)?;
        fs::write(upper.join(format!("round-{round}")), "content")?;
        mounted.unmount()?;
    }
    expect(
        "files made in all rounds",
        fs::read_dir(&lower)?.count(),
        24,
    )
}
