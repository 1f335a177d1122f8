// SPDX-License-Identifier: GPL-2.0

//! Making regular files by open.

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::umask;

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::{CREATE, RDONLY, RDWR, WRONLY};
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "create",
    about: "make files by open: O_CREAT, O_EXCL, O_TRUNC, modes and the umask",
    risk: "new files may be missing, or lie open to the wrong users",
    run: Run::Compared(run),
};

fn run(w: &World) -> Outcome {
    let file = w.open_mode("new", CREATE, 0o640)?;
    file.fstat()?;
    file.write(b"first content")?;
    file.flags()?;
    file.close()?;
    w.inode_as_below("new")?;

    let again = w.open("new", CREATE)?;
    again.read(64)?;
    w.open("new", CREATE | OFlags::EXCL).refused(Errno::EXIST)?;
    w.stamped("truncation at open", "new", || {
        w.open("new", WRONLY | OFlags::TRUNC)?.close()
    })?;
    again.fstat()?;
    again.pread(64, 0)?;

    for (mask, mode) in [
        (0o000, 0o666),
        (0o022, 0o777),
        (0o077, 0o666),
        (0o777, 0o7777),
        (0o027, 0o6755),
    ] {
        umask(Mode::from_raw_mode(mask));
        let name = format!("mode-{mode:o}-umask-{mask:o}");
        w.open_mode(&name, CREATE | OFlags::EXCL, mode)?.close()?;
        w.lstat(&name)?;
    }
    umask(Mode::from_raw_mode(0o022));

    // A file that gives its maker no right to write is still open for writing.
    let sealed = w.open_mode("sealed", CREATE | OFlags::EXCL, 0o000)?;
    sealed.write(b"written through the first opening")?;
    sealed.close()?;

    w.mkdir("d", 0o755)?;
    w.open("d", CREATE).refused(Errno::ISDIR)?;
    w.open("d", RDWR).refused(Errno::ISDIR)?;
    w.open("d", CREATE | OFlags::DIRECTORY).either();
    w.open("new-directory", CREATE | OFlags::DIRECTORY).either();
    w.open("missing/file", CREATE).refused(Errno::NOENT)?;
    w.open("new/file", CREATE).refused(Errno::NOTDIR)?;
    w.open("absent", RDWR).refused(Errno::NOENT)?;

    // O_CREAT follows a symlink, also one that dangles; O_EXCL and O_NOFOLLOW do not.
    w.symlink("made-by-symlink", "dangling")?;
    w.open("dangling", CREATE | OFlags::EXCL)
        .refused(Errno::EXIST)?;
    w.open("dangling", CREATE | OFlags::NOFOLLOW)
        .refused(Errno::LOOP)?;
    w.open("dangling", CREATE)?.write(b"through the symlink")?;
    w.read_file("made-by-symlink")?;

    // One name after another, each file its own.
    for round in 0..20 {
        w.write_file("reused", format!("round {round}").as_bytes())?;
        w.read_file("reused")?;
        w.unlink("reused")?;
    }
    w.open("reused", RDONLY).refused(Errno::NOENT)?;
    w.list(".")?;
    Ok(())
}
