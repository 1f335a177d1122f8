// SPDX-License-Identifier: GPL-2.0

//! How paths are walked, and how open files are named back.

use rustix::fd::{AsFd, AsRawFd};
use rustix::fs::{
    openat2, readlink, stat, utimensat, AtFlags, Mode, OFlags, ResolveFlags, Timespec, Timestamps,
    CWD,
};
use rustix::io::Errno;
use rustix::time::{clock_gettime, ClockId};

use crate::case::{Case, Run};
use crate::ops::{File, RDONLY, RDWR};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::{TestDir, ALICE};

pub(super) const CASE: Case = Case {
    name: "path_resolution",
    about:
        "openat2 with each RESOLVE flag, O_PATH, cached walks, and the names of open files in /proc",
    risk: "a program that confines its file accesses to a directory may get out of it, or fail",
    run: Run::Compared(run),
};

fn run(dir: &TestDir) -> Outcome {
    dir.mkdir("d", 0o755)?;
    dir.mkdir("d/e", 0o755)?;
    dir.write_file("d/e/f", b"content")?;
    dir.write_file("f", b"outside")?;
    dir.symlink("e/f", "d/relative")?;
    dir.symlink("/e/f", "d/absolute")?;
    dir.symlink("../f", "d/outward")?;
    resolve(dir)?;
    cached(dir)?;
    path_only(dir)?;
    named_back(dir)
}

fn resolve(dir: &TestDir) -> Outcome {
    let d = dir.open("d", RDONLY | OFlags::DIRECTORY)?;
    let names = [
        "e/f",
        "relative",
        "absolute",
        "outward",
        "../f",
        "e/../e/f",
        "e/../../f",
        "/e/f",
    ];
    for how in [
        ResolveFlags::empty(),
        ResolveFlags::BENEATH,
        ResolveFlags::IN_ROOT,
        ResolveFlags::NO_SYMLINKS,
        ResolveFlags::NO_MAGICLINKS,
        ResolveFlags::BENEATH | ResolveFlags::NO_XDEV,
    ] {
        for name in names {
            dir.openat2(&d, name, RDONLY, how)
                .and_then(|file| file.read(64))
                .compared();
        }
    }
    dir.openat2(
        &d,
        "e/f",
        RDONLY,
        ResolveFlags::BENEATH | ResolveFlags::IN_ROOT,
    )
    .refused(Errno::INVAL)
}

/// A walk along names that were just walked needs no more than the kernel's caches. The kernel may
/// drop them at any moment, and gives such a walk up when anything is mounted or renamed anywhere: it
/// then says EAGAIN, and is asked again after another walk. A link's access time is made one that
/// needs no change.
fn cached(dir: &TestDir) -> Outcome {
    let root = dir.open(".", RDONLY | OFlags::DIRECTORY)?;
    let now = clock_gettime(ClockId::Realtime).tv_sec;
    let times = Timestamps {
        last_access: at(now + 3_600),
        last_modification: at(1_000_000_000),
    };
    utimensat(
        CWD,
        dir.path("d/relative"),
        &times,
        AtFlags::SYMLINK_NOFOLLOW,
    )?;
    for name in ["d/e/f", "d/relative", "d/e/.."] {
        cached_walk(dir, &root, name).compared();
        dir.as_user(ALICE, || {
            cached_walk(dir, &root, name).compared();
            Ok(())
        })?;
    }
    Ok(())
}

/// How often a walk is asked for that only the kernel's caches may answer.
const ATTEMPTS: usize = 1_000;

fn cached_walk(dir: &TestDir, root: &File, name: &str) -> Result<(), Errno> {
    dir.step(format!("a cached walk to {name}"), || {
        let mut answer = Err(Errno::AGAIN);
        for _ in 0..ATTEMPTS {
            stat(dir.path(name))?;
            let flags = OFlags::PATH | OFlags::CLOEXEC;
            answer = openat2(root, name, flags, Mode::empty(), ResolveFlags::CACHED).map(drop);
            if answer != Err(Errno::AGAIN) {
                break;
            }
        }
        answer
    })
}

fn at(seconds: i64) -> Timespec {
    Timespec {
        tv_sec: seconds,
        tv_nsec: 0,
    }
}

fn path_only(dir: &TestDir) -> Outcome {
    let place = dir.open("d/e/f", OFlags::PATH)?;
    place.fstat()?;
    place.flags()?;
    place.write(b"x").refused(Errno::BADF)?;
    place.fchmod(0o600).refused(Errno::BADF)?;
    // An O_PATH descriptor is opened for good by its name in /proc.
    dir.step("reopen by /proc/self/fd", || {
        let flags = RDWR | OFlags::CLOEXEC;
        let again = rustix::fs::open(proc_name(&place), flags, rustix::fs::Mode::empty())?;
        rustix::io::write(&again, b"reopened")
    })?;
    let directory = dir.open("d/e", OFlags::PATH | OFlags::DIRECTORY)?;
    dir.statat(&directory, "f", AtFlags::empty())?;
    dir.openat2(&directory, "f", RDONLY, ResolveFlags::empty())?
        .read(64)?;
    dir.statat(&directory, "", AtFlags::EMPTY_PATH)?;
    Ok(())
}

fn proc_name(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_fd().as_raw_fd())
}

fn named_back(dir: &TestDir) -> Outcome {
    let tell = |what: &str, file: &File| {
        dir.step(format!("the name of {} {what}", file.name()), || {
            Ok(dir.relative(readlink(proc_name(file), Vec::new())?.as_bytes()))
        })
    };
    let (file, directory, root) = (
        dir.open("d/e/f", RDWR)?,
        dir.open("d/e", RDONLY)?,
        dir.open(".", RDONLY)?,
    );
    for open in [&file, &directory, &root] {
        tell("at first", open)?;
    }
    dir.rename("d/e", "d/g")?;
    tell("after its directory was renamed", &file)?;
    tell("after it was renamed", &directory)?;
    dir.rename("d/g/f", "moved")?;
    tell("after it was moved", &file)?;
    dir.unlink("moved")?;
    tell("after it was unlinked", &file)?;
    dir.rmdir("d/g")?;
    tell("after it was removed", &directory)?;

    // The working directory has a name, too, until it has none.
    dir.mkdir("working", 0o755)?;
    rustix::process::chdir(dir.path("working"))?;
    let working = || rustix::process::getcwd(Vec::new()).map(|path| dir.relative(path.as_bytes()));
    dir.step("getcwd", working)?;
    dir.rename("working", "worked")?;
    dir.step("getcwd after a rename", working)?;
    dir.rmdir("worked")?;
    dir.step("getcwd after removal", working)
        .refused(Errno::NOENT)?;
    rustix::process::chdir("/")?;
    Ok(())
}
