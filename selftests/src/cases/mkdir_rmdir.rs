// SPDX-License-Identifier: GPL-2.0

//! Making and removing directories.

use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::process::umask;

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::RDONLY;
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "mkdir_rmdir",
    about: "make and remove directories: modes, link counts, setgid inheritance, refusals, removed while open",
    risk: "directories may be lost, or removed with what is in them",
    run: Run::Compared(run),
};

fn run(w: &World) -> Outcome {
    w.stamped("mkdir", ".", || w.mkdir("d", 0o755))?;
    w.lstat("d")?;
    w.inode_as_below("d")?;
    w.lstat(".")?;
    w.mkdir("d/inner", 0o700)?;
    w.lstat("d")?;
    w.write_file("f", b"")?;

    w.mkdir("d", 0o755).refused(Errno::EXIST)?;
    w.mkdir("f", 0o755).refused(Errno::EXIST)?;
    w.mkdir("f/d", 0o755).refused(Errno::NOTDIR)?;
    w.mkdir("missing/d", 0o755).refused(Errno::NOENT)?;
    w.mkdir("d/.", 0o755).refused(Errno::EXIST)?;
    w.symlink("nowhere", "dangling")?;
    w.mkdir("dangling", 0o755).refused(Errno::EXIST)?;

    w.rmdir("d").refused(Errno::NOTEMPTY)?;
    w.rmdir("f").refused(Errno::NOTDIR)?;
    w.rmdir("dangling").refused(Errno::NOTDIR)?;
    w.rmdir("missing").refused(Errno::NOENT)?;
    w.rmdir("d/.").refused(Errno::INVAL)?;
    w.rmdir("d/inner/..").refused(Errno::NOTEMPTY)?;
    w.unlink("d").refused(Errno::ISDIR)?;

    for (mask, mode) in [
        (0o000, 0o777),
        (0o022, 0o777),
        (0o077, 0o1777),
        (0o000, 0o7777),
    ] {
        umask(Mode::from_raw_mode(mask));
        let name = format!("mode-{mode:o}-umask-{mask:o}");
        w.mkdir(&name, mode)?;
        w.lstat(&name)?;
    }
    umask(Mode::from_raw_mode(0o022));

    // What is made in a setgid directory gets its group, and directories the bit, too.
    w.mkdir("shared", 0o755)?;
    w.lchown("shared", None, Some(2_345))?;
    w.chmod("shared", 0o2775)?;
    w.mkdir("shared/d", 0o755)?;
    w.write_file("shared/f", b"")?;
    w.symlink("f", "shared/s")?;
    for name in ["shared", "shared/d", "shared/f", "shared/s"] {
        w.lstat(name)?;
    }

    // A removed directory that is still open is empty, has no links, and takes nothing new.
    let open = w.open("d/inner", RDONLY)?;
    w.rmdir("d/inner")?;
    open.fstat()?;
    open.rest_of_directory(4096).either();
    w.openat2(
        &open,
        "new",
        crate::ops::CREATE,
        rustix::fs::ResolveFlags::empty(),
    )
    .refused(Errno::NOENT)?;
    open.close()?;
    w.stamped("rmdir", ".", || w.rmdir("d"))?;
    w.lstat(".")?;
    w.lstat("d").refused(Errno::NOENT)?;

    // Deep trees.
    let deep: Vec<String> = (1..30).map(|depth| vec!["deep"; depth].join("/")).collect();
    deep.iter().try_for_each(|name| w.mkdir(name, 0o755))?;
    w.write_file(&format!("{}/leaf", deep[28]), b"at the bottom")?;
    w.read_file(&format!("{}/leaf", deep[28]))?;
    w.unlink(&format!("{}/leaf", deep[28]))?;
    deep[5..].iter().rev().try_for_each(|name| w.rmdir(name))?;
    w.list("deep/deep/deep/deep")?;
    Ok(())
}
