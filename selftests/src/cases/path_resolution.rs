// SPDX-License-Identifier: GPL-2.0

//! Path walks, and the paths of open files in /proc.

use rustix::fs::{
    open, openat2, readlink, stat, utimensat, AtFlags, Mode, OFlags, ResolveFlags, CWD,
};
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{atime_not_due, File, RDONLY, RDWR};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::{TestDir, ALICE};

pub(super) const CASE: Case = Case {
    name: "path_resolution",
    about:
        "openat2 with each RESOLVE flag, O_PATH, cached walks, and the paths of open files in /proc",
    risk: "a program that confines its accesses to a directory may leave it, or fail",
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
    paths_of_open_files(dir)?;
    working_directory(dir)
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

/// A walk that RESOLVE_CACHED limits to the dentry cache succeeds after a walk along the same path.
/// The symlink gets an access time that the walk does not have to update. To update it, the walk
/// would leave RCU mode. Names of files may not be cached where a cached name is a use of the file.
fn cached(dir: &TestDir) -> Outcome {
    let root = dir.open(".", RDONLY | OFlags::DIRECTORY)?;
    let link = dir.path("d/relative");
    utimensat(CWD, link, &atime_not_due(), AtFlags::SYMLINK_NOFOLLOW)?;
    let (files, directories) = (["d/e/f", "d/relative"], ["d/e/.."]);
    let files = files.iter().filter(|_| dir.removes_open_files());
    for name in files.chain(&directories) {
        cached_walk(dir, &root, name).compared();
        dir.as_user(ALICE, || {
            cached_walk(dir, &root, name).compared();
            Ok(())
        })?;
    }
    Ok(())
}

/// How often a cached walk is tried.
const ATTEMPTS: usize = 1_000;

/// A cached walk to `name`, each time after a full one. The kernel answers EAGAIN if it has dropped
/// a dentry meanwhile, or if a mount or a rename is in progress anywhere on the machine: then it is
/// tried again.
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

fn path_only(dir: &TestDir) -> Outcome {
    let path = dir.open("d/e/f", OFlags::PATH)?;
    path.fstat()?;
    path.flags()?;
    path.write(b"x").refused(Errno::BADF)?;
    path.fchmod(0o600).refused(Errno::BADF)?;
    // The path in /proc of an O_PATH descriptor opens the file for reading and writing.
    dir.step("reopen by /proc/self/fd", || {
        let flags = RDWR | OFlags::CLOEXEC;
        let again = open(path.proc_path(), flags, Mode::empty())?;
        rustix::io::write(&again, b"reopened")
    })?;
    let directory = dir.open("d/e", OFlags::PATH | OFlags::DIRECTORY)?;
    dir.statat(&directory, "f", AtFlags::empty())?;
    dir.openat2(&directory, "f", RDONLY, ResolveFlags::empty())?
        .read(64)?;
    dir.statat(&directory, "", AtFlags::EMPTY_PATH)?;
    Ok(())
}

fn paths_of_open_files(dir: &TestDir) -> Outcome {
    let record_path = |what: &str, file: &File| {
        dir.step(format!("the path of {} {what}", file.name()), || {
            Ok(dir.relative(readlink(file.proc_path(), Vec::new())?.as_bytes()))
        })
    };
    let (file, directory, root) = (
        dir.open("d/e/f", RDWR)?,
        dir.open("d/e", RDONLY)?,
        dir.open(".", RDONLY)?,
    );
    for open in [&file, &directory, &root] {
        record_path("at first", open)?;
    }
    dir.rename("d/e", "d/g")?;
    record_path("after its directory was renamed", &file)?;
    record_path("after it was renamed", &directory)?;
    dir.rename("d/g/f", "moved")?;
    record_path("after it was moved", &file)?;
    if dir.removes_open_files() {
        dir.unlink("moved")?;
        record_path("after it was unlinked", &file)?;
    }
    dir.rmdir("d/g")?;
    record_path("after it was removed", &directory)?;

    Ok(())
}

fn working_directory(dir: &TestDir) -> Outcome {
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
