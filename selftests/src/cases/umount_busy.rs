// SPDX-License-Identifier: GPL-2.0

//! A mount is busy as long as something uses it, and holds no references afterwards.

use std::fs::{self, File};
use std::path::Path;

use rustix::fs::{open, Mode, OFlags};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};
use rustix::mount::{mount_bind, unmount, UnmountFlags};

use crate::backing_files;
use crate::case::{Case, Run};
use crate::fixture::Fixture;
use crate::layer::unmount_retrying;
use crate::ops::RDONLY;
use crate::outcome::{expect, Expect, Outcome};
use crate::test_dir::TestDir;
use crate::trace::Trace;

pub(super) const CASE: Case = Case {
    name: "umount_busy",
    about: "umount is refused while files are in use, and leaves the lower mount free and unlinked files gone",
    risk: "the lower filesystem may be impossible to unmount, or an open file may be lost",
    run: Run::Mounting(run),
};

fn run(fixture: &Fixture) -> Outcome {
    let (lower, upper) = (fixture.create_dir("lower")?, fixture.create_dir("upper")?);
    while_in_use(fixture, &lower, &upper)?;
    detached(fixture, &lower, &upper)?;
    many_times(fixture, &lower, &upper)
}

/// The mount is busy while something uses it. Afterwards it can be unmounted, and then the lower
/// mount. This shows that the layer has released the lower mount.
fn while_in_use(fixture: &Fixture, lower: &Path, upper: &Path) -> Outcome {
    mount_bind(lower, lower)?;
    let mounted = fixture.mount(lower, upper)?;
    let expect_busy = || unmount(upper, UnmountFlags::NOFOLLOW).refused(Errno::BUSY);

    fs::write(upper.join("file"), "content")?;
    let file = File::open(upper.join("file"))?;
    expect_busy()?;
    fs::remove_file(upper.join("file"))?;
    expect_busy()?;
    drop(file);

    let path = upper.join("directory");
    fs::create_dir(&path)?;
    let directory = open(&path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    expect_busy()?;
    drop(directory);
    rustix::process::chdir(&path)?;
    expect_busy()?;
    rustix::process::chdir("/")?;

    let trace = Trace::default();
    let dir = TestDir::new(upper, lower, fixture.program, &trace);
    dir.write_file("mapped", b"mapped")?;
    let mapping = dir
        .open("mapped", RDONLY)?
        .mmap(6, ProtFlags::READ, MapFlags::SHARED)?;
    if backing_files::exist("a mount that is busy by a mapping") {
        expect_busy()?;
    }
    drop(mapping);
    dir.install("program")?;
    let running = dir.start("program")?;
    expect_busy()?;
    drop(running);

    mounted.unmount()?;
    Ok(unmount_retrying(lower)?)
}

/// A detached mount stays usable through an open file, and is released when that is closed.
fn detached(fixture: &Fixture, lower: &Path, upper: &Path) -> Outcome {
    mount_bind(lower, lower)?;
    let mounted = fixture.mount(lower, upper)?;
    fs::write(upper.join("file"), "content")?;
    let file = File::open(upper.join("file"))?;
    unmount(upper, UnmountFlags::NOFOLLOW | UnmountFlags::DETACH)?;
    expect(
        "an open file of a detached mount",
        std::io::read_to_string(&file)?.as_str(),
        "content",
    )?;
    drop(file);
    drop(mounted);
    Ok(unmount_retrying(lower)?)
}

fn many_times(fixture: &Fixture, lower: &Path, upper: &Path) -> Outcome {
    const ROUNDS: usize = 20;
    let before = fs::read_dir(lower)?.count();
    // `directory`, `mapped` and `program` of the first mount, and `file` of the second.
    expect("files created by earlier mounts", before, 4)?;
    for round in 0..ROUNDS {
        let mounted = fixture.mount(lower, upper)?;
        fs::write(upper.join(format!("round-{round}")), "content")?;
        mounted.unmount()?;
    }
    expect(
        "files created in all rounds",
        fs::read_dir(lower)?.count() - before,
        ROUNDS,
    )
}
