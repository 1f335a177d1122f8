// SPDX-License-Identifier: GPL-2.0

//! How paths are walked, and how open files are named back.

use rustix::fd::{AsFd, AsRawFd};
use rustix::fs::{
    openat2, readlink, stat, utimensat, AtFlags, Mode, OFlags, ResolveFlags, Timespec, Timestamps,
    CWD,
};
use rustix::io::Errno;
use rustix::time::{clock_gettime, ClockId};

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::{File, RDONLY, RDWR};
use crate::world::{World, ALICE};

pub(super) const CASE: Case = Case {
    name: "path_resolution",
    about:
        "openat2 with each RESOLVE flag, O_PATH, cached walks, and the names of open files in /proc",
    risk: "a program that confines its file accesses to a directory may get out of it, or fail",
    run: Run::Compared(run),
};

fn run(w: &World) -> Outcome {
    w.mkdir("d", 0o755)?;
    w.mkdir("d/e", 0o755)?;
    w.write_file("d/e/f", b"content")?;
    w.write_file("f", b"outside")?;
    w.symlink("e/f", "d/relative")?;
    w.symlink("/e/f", "d/absolute")?;
    w.symlink("../f", "d/outward")?;
    resolve(w)?;
    cached(w)?;
    path_only(w)?;
    named_back(w)
}

fn resolve(w: &World) -> Outcome {
    let d = w.open("d", RDONLY | OFlags::DIRECTORY)?;
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
            w.openat2(&d, name, RDONLY, how)
                .and_then(|file| file.read(64))
                .either();
        }
    }
    w.openat2(
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
fn cached(w: &World) -> Outcome {
    let root = w.open(".", RDONLY | OFlags::DIRECTORY)?;
    let now = clock_gettime(ClockId::Realtime).tv_sec;
    let times = Timestamps {
        last_access: at(now + 3_600),
        last_modification: at(1_000_000_000),
    };
    utimensat(CWD, w.path("d/relative"), &times, AtFlags::SYMLINK_NOFOLLOW)?;
    for name in ["d/e/f", "d/relative", "d/e/.."] {
        cached_walk(w, &root, name).either();
        w.as_user(ALICE, || {
            cached_walk(w, &root, name).either();
            Ok(())
        })?;
    }
    Ok(())
}

/// How often a walk is asked for that only the kernel's caches may answer.
const ATTEMPTS: usize = 1_000;

fn cached_walk(w: &World, root: &File, name: &str) -> Result<(), Errno> {
    w.step(format!("a cached walk to {name}"), || {
        let mut answer = Err(Errno::AGAIN);
        for _ in 0..ATTEMPTS {
            stat(w.path(name))?;
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

fn path_only(w: &World) -> Outcome {
    let place = w.open("d/e/f", OFlags::PATH)?;
    place.fstat()?;
    place.flags()?;
    place.write(b"x").refused(Errno::BADF)?;
    place.fchmod(0o600).refused(Errno::BADF)?;
    // An O_PATH descriptor is opened for good by its name in /proc.
    w.step("reopen by /proc/self/fd", || {
        let flags = RDWR | OFlags::CLOEXEC;
        let again = rustix::fs::open(proc_name(&place), flags, rustix::fs::Mode::empty())?;
        rustix::io::write(&again, b"reopened")
    })?;
    let directory = w.open("d/e", OFlags::PATH | OFlags::DIRECTORY)?;
    w.statat(&directory, "f", AtFlags::empty())?;
    w.openat2(&directory, "f", RDONLY, ResolveFlags::empty())?
        .read(64)?;
    w.statat(&directory, "", AtFlags::EMPTY_PATH)?;
    Ok(())
}

fn proc_name(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_fd().as_raw_fd())
}

fn named_back(w: &World) -> Outcome {
    let tell = |what: &str, file: &File| {
        w.step(format!("the name of {} {what}", file.name()), || {
            Ok(w.relative(readlink(proc_name(file), Vec::new())?.as_bytes()))
        })
    };
    let (file, directory, root) = (
        w.open("d/e/f", RDWR)?,
        w.open("d/e", RDONLY)?,
        w.open(".", RDONLY)?,
    );
    for open in [&file, &directory, &root] {
        tell("at first", open)?;
    }
    w.rename("d/e", "d/g")?;
    tell("after its directory was renamed", &file)?;
    tell("after it was renamed", &directory)?;
    w.rename("d/g/f", "moved")?;
    tell("after it was moved", &file)?;
    w.unlink("moved")?;
    tell("after it was unlinked", &file)?;
    w.rmdir("d/g")?;
    tell("after it was removed", &directory)?;

    // The working directory has a name, too, until it has none.
    w.mkdir("working", 0o755)?;
    rustix::process::chdir(w.path("working"))?;
    let working = || rustix::process::getcwd(Vec::new()).map(|path| w.relative(path.as_bytes()));
    w.step("getcwd", working)?;
    w.rename("working", "worked")?;
    w.step("getcwd after a rename", working)?;
    w.rmdir("worked")?;
    w.step("getcwd after removal", working)
        .refused(Errno::NOENT)?;
    rustix::process::chdir("/")?;
    Ok(())
}
