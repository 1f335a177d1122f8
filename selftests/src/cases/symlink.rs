// SPDX-License-Identifier: GPL-2.0

//! Symbolic links.

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::RDONLY;
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "symlink",
    about: "symbolic links: read, followed, dangling, looping, of all lengths",
    risk: "symbolic links may lead to wrong files",
    run: Run::Compared(run),
};

fn run(dir: &TestDir) -> Outcome {
    dir.mkdir("d", 0o755)?;
    dir.write_file("d/f", b"followed")?;
    dir.symlink("d/f", "to-file")?;
    dir.symlink("d", "to-directory")?;
    dir.symlink("../d/f", "d/up-and-down")?;
    dir.symlink("nowhere", "dangling")?;

    dir.lstat("to-file")?;
    dir.inode_as_below("to-file")?;
    dir.readlink("to-file")?;
    dir.stat("to-file")?;
    dir.read_file("to-file")?;
    dir.read_file("to-directory/f")?;
    dir.read_file("to-directory/up-and-down")?;
    dir.list("to-directory")?;
    dir.lstat("to-directory/")?;
    dir.stat("dangling").refused(Errno::NOENT)?;
    dir.readlink("dangling")?;
    refusals(dir)?;
    // O_PATH with O_NOFOLLOW opens the link itself.
    let itself = dir.open("to-file", OFlags::PATH | OFlags::NOFOLLOW)?;
    itself.fstat()?;
    dir.statat(&itself, "", rustix::fs::AtFlags::EMPTY_PATH)?;
    loops(dir)?;
    lengths(dir)?;

    dir.lchown("dangling", Some(12), Some(34))?;
    dir.lstat("dangling")?;
    dir.rename("dangling", "d/moved")?;
    dir.readlink("d/moved")?;

    // The target changes below.
    dir.below().unlink("to-file")?;
    dir.below().symlink("d/moved", "to-file")?;
    dir.readlink("to-file")?;
    dir.stat("to-file").refused(Errno::NOENT)
}

fn refusals(dir: &TestDir) -> Outcome {
    dir.readlink("d/f").refused(Errno::INVAL)?;
    dir.readlink("d").refused(Errno::INVAL)?;
    dir.readlink("missing").refused(Errno::NOENT)?;
    dir.symlink("x", "to-file").refused(Errno::EXIST)?;
    dir.symlink("x", "dangling").refused(Errno::EXIST)?;
    dir.symlink("", "empty").refused(Errno::NOENT)?;
    dir.open("to-file", RDONLY | OFlags::NOFOLLOW)
        .refused(Errno::LOOP)
}

fn loops(dir: &TestDir) -> Outcome {
    dir.symlink("loop", "loop")?;
    dir.stat("loop").refused(Errno::LOOP)?;
    dir.symlink("ring-b", "ring-a")?;
    dir.symlink("ring-a", "ring-b")?;
    dir.read_file("ring-a").refused(Errno::LOOP)?;

    dir.symlink("d/f", "chain-0")?;
    for link in 1..45 {
        dir.symlink(&format!("chain-{}", link - 1), &format!("chain-{link}"))?;
    }
    dir.read_file("chain-30")?;
    dir.read_file("chain-44").refused(Errno::LOOP)
}

fn lengths(dir: &TestDir) -> Outcome {
    for length in [59, 60, 61, 255, 1_000, 4_000, 4_095] {
        let name = format!("long-{length}");
        dir.symlink(&"t".repeat(length), &name).compared();
        dir.readlink(&name).compared();
        dir.lstat(&name).compared();
    }
    dir.symlink(&"t".repeat(4_096), "too-long")
        .refused(Errno::NAMETOOLONG)
}
