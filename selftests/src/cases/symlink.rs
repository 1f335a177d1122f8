// SPDX-License-Identifier: GPL-2.0

//! Symbolic links.

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::RDONLY;
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "symlink",
    about: "symbolic links: read, followed, dangling, looping, of any length",
    risk: "symbolic links may lead to other files than they name",
    run: Run::Compared(run),
};

fn run(w: &World) -> Outcome {
    w.mkdir("d", 0o755)?;
    w.write_file("d/f", b"followed")?;
    w.symlink("d/f", "to-file")?;
    w.symlink("d", "to-directory")?;
    w.symlink("../d/f", "d/up-and-down")?;
    w.symlink("nowhere", "dangling")?;

    w.lstat("to-file")?;
    w.inode_as_below("to-file")?;
    w.readlink("to-file")?;
    w.stat("to-file")?;
    w.read_file("to-file")?;
    w.read_file("to-directory/f")?;
    w.read_file("to-directory/up-and-down")?;
    w.list("to-directory")?;
    w.lstat("to-directory/")?;
    w.stat("dangling").refused(Errno::NOENT)?;
    w.readlink("dangling")?;

    w.readlink("d/f").refused(Errno::INVAL)?;
    w.readlink("d").refused(Errno::INVAL)?;
    w.readlink("missing").refused(Errno::NOENT)?;
    w.symlink("x", "to-file").refused(Errno::EXIST)?;
    w.symlink("x", "dangling").refused(Errno::EXIST)?;
    w.symlink("", "empty").refused(Errno::NOENT)?;
    w.open("to-file", RDONLY | OFlags::NOFOLLOW)
        .refused(Errno::LOOP)?;

    // An O_PATH descriptor can be of the link itself.
    let itself = w.open("to-file", OFlags::PATH | OFlags::NOFOLLOW)?;
    itself.fstat()?;
    w.statat(&itself, "", rustix::fs::AtFlags::EMPTY_PATH)?;

    w.symlink("loop", "loop")?;
    w.stat("loop").refused(Errno::LOOP)?;
    w.symlink("ring-b", "ring-a")?;
    w.symlink("ring-a", "ring-b")?;
    w.read_file("ring-a").refused(Errno::LOOP)?;

    w.symlink("d/f", "chain-0")?;
    for link in 1..45 {
        w.symlink(&format!("chain-{}", link - 1), &format!("chain-{link}"))?;
    }
    w.read_file("chain-30")?;
    w.read_file("chain-44").refused(Errno::LOOP)?;

    for length in [59, 60, 61, 255, 1_000, 4_000, 4_095] {
        let name = format!("long-{length}");
        w.symlink(&"t".repeat(length), &name).either();
        w.readlink(&name).either();
        w.lstat(&name).either();
    }
    w.symlink(&"t".repeat(4_096), "too-long")
        .refused(Errno::NAMETOOLONG)?;

    w.lchown("dangling", Some(12), Some(34))?;
    w.lstat("dangling")?;
    w.rename("dangling", "d/moved")?;
    w.readlink("d/moved")?;

    // A target changed below is followed at once.
    w.below().unlink("to-file")?;
    w.below().symlink("d/moved", "to-file")?;
    w.readlink("to-file")?;
    w.stat("to-file").refused(Errno::NOENT)
}
