// SPDX-License-Identifier: GPL-2.0

//! Creating regular files by open(2).

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::umask;

use crate::case::{Case, Run};
use crate::ops::{CREATE, RDONLY, RDWR, WRONLY};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::{TestDir, ALICE};

pub(super) const CASE: Case = Case {
    name: "create",
    about: "create files by open: O_CREAT, O_EXCL, O_TRUNC, modes and the umask",
    risk: "new files may be missing, or accessible to the wrong users",
    run: Run::Compared(run),
};

fn run(dir: &TestDir) -> Outcome {
    let file = dir.open_mode("new", CREATE, 0o640)?;
    file.fstat()?;
    file.write(b"first content")?;
    file.flags()?;
    file.close()?;
    dir.inode_as_below("new")?;

    let again = dir.open("new", CREATE)?;
    again.read(64)?;
    dir.open("new", CREATE | OFlags::EXCL)
        .refused(Errno::EXIST)?;
    dir.record_times("truncation at open", "new", || {
        dir.open("new", WRONLY | OFlags::TRUNC)?.close()
    })?;
    again.fstat()?;
    again.pread(64, 0)?;

    modes(dir)?;
    sealed_by_user(dir)?;
    refusals(dir)?;
    symlinks(dir)?;

    // Each round creates a new file under the same name.
    for round in 0..20 {
        dir.write_file("reused", format!("round {round}").as_bytes())?;
        dir.read_file("reused")?;
        dir.unlink("reused")?;
    }
    dir.open("reused", RDONLY).refused(Errno::NOENT)?;
    dir.list(".")?;
    Ok(())
}

fn modes(dir: &TestDir) -> Outcome {
    for (mask, mode) in [
        (0o000, 0o666),
        (0o022, 0o777),
        (0o077, 0o666),
        (0o777, 0o7777),
        (0o027, 0o6755),
    ] {
        umask(Mode::from_raw_mode(mask));
        let name = format!("mode-{mode:o}-umask-{mask:o}");
        dir.open_mode(&name, CREATE | OFlags::EXCL, mode)?.close()?;
        dir.lstat(&name)?;
    }
    umask(Mode::from_raw_mode(0o022));

    // The mode of a new file does not limit the descriptor that created it.
    let sealed = dir.open_mode("sealed", CREATE | OFlags::EXCL, 0o000)?;
    sealed.write(b"written through the first opening")?;
    Ok(sealed.close()?)
}

/// The same by a user whom the mode of the file limits. git makes its objects so.
fn sealed_by_user(dir: &TestDir) -> Outcome {
    dir.mkdir("shared", 0o777)?;
    dir.chmod("shared", 0o777)?;
    dir.as_user(ALICE, || {
        for mode in [0o444, 0o200, 0o000] {
            let name = format!("shared/{mode:o}");
            let file = dir.open_mode(&name, CREATE | OFlags::EXCL, mode)?;
            file.write(b"written by the one who made it")?;
            file.pread(100, 0)?;
            file.fstat()?;
            file.close()?;
            dir.lstat(&name)?;
        }
        Ok(())
    })?;
    dir.list("shared")?;
    Ok(())
}

fn refusals(dir: &TestDir) -> Outcome {
    dir.mkdir("d", 0o755)?;
    dir.open("d", CREATE).refused(Errno::ISDIR)?;
    dir.open("d", RDWR).refused(Errno::ISDIR)?;
    dir.open("d", CREATE | OFlags::DIRECTORY).compared();
    dir.open("new-directory", CREATE | OFlags::DIRECTORY)
        .compared();
    dir.open("missing/file", CREATE).refused(Errno::NOENT)?;
    dir.open("new/file", CREATE).refused(Errno::NOTDIR)?;
    dir.open("absent", RDWR).refused(Errno::NOENT)
}

fn symlinks(dir: &TestDir) -> Outcome {
    // O_CREAT follows a symlink, even a dangling one. O_EXCL and O_NOFOLLOW do not.
    dir.symlink("made-by-symlink", "dangling")?;
    dir.open("dangling", CREATE | OFlags::EXCL)
        .refused(Errno::EXIST)?;
    dir.open("dangling", CREATE | OFlags::NOFOLLOW)
        .refused(Errno::LOOP)?;
    dir.open("dangling", CREATE)?
        .write(b"through the symlink")?;
    dir.read_file("made-by-symlink")?;
    Ok(())
}
