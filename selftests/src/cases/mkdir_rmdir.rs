// SPDX-License-Identifier: GPL-2.0

//! Creating and removing directories.

use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::process::umask;

use crate::case::{Case, Run};
use crate::ops::RDONLY;
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "mkdir_rmdir",
    about: "create and remove directories: modes, link counts, setgid inheritance, refusals, removed while open",
    risk: "directories may be lost, or removed with their content",
    run: Run::Compared(run),
};

fn run(dir: &TestDir) -> Outcome {
    dir.record_times("mkdir", ".", || dir.mkdir("d", 0o755))?;
    dir.lstat("d")?;
    dir.inode_as_below("d")?;
    dir.lstat(".")?;
    dir.mkdir("d/inner", 0o700)?;
    dir.lstat("d")?;
    dir.write_file("f", b"")?;

    refusals(dir)?;
    modes(dir)?;
    setgid(dir)?;
    removed_while_open(dir)?;
    deep_tree(dir)
}

fn refusals(dir: &TestDir) -> Outcome {
    dir.mkdir("d", 0o755).refused(Errno::EXIST)?;
    dir.mkdir("f", 0o755).refused(Errno::EXIST)?;
    dir.mkdir("f/d", 0o755).refused(Errno::NOTDIR)?;
    dir.mkdir("missing/d", 0o755).refused(Errno::NOENT)?;
    dir.mkdir("d/.", 0o755).refused(Errno::EXIST)?;
    dir.symlink("nowhere", "dangling")?;
    dir.mkdir("dangling", 0o755).refused(Errno::EXIST)?;

    dir.rmdir("d").refused(Errno::NOTEMPTY)?;
    dir.rmdir("f").refused(Errno::NOTDIR)?;
    dir.rmdir("dangling").refused(Errno::NOTDIR)?;
    dir.rmdir("missing").refused(Errno::NOENT)?;
    dir.rmdir("d/.").refused(Errno::INVAL)?;
    dir.rmdir("d/inner/..").refused(Errno::NOTEMPTY)?;
    dir.unlink("d").refused(Errno::ISDIR)
}

fn modes(dir: &TestDir) -> Outcome {
    for (mask, mode) in [
        (0o000, 0o777),
        (0o022, 0o777),
        (0o077, 0o1777),
        (0o000, 0o7777),
    ] {
        umask(Mode::from_raw_mode(mask));
        let name = format!("mode-{mode:o}-umask-{mask:o}");
        dir.mkdir(&name, mode)?;
        dir.lstat(&name)?;
    }
    umask(Mode::from_raw_mode(0o022));

    Ok(())
}

/// A new file in a setgid directory gets the directory's group, and a new directory also the setgid
/// bit.
fn setgid(dir: &TestDir) -> Outcome {
    dir.mkdir("shared", 0o755)?;
    dir.lchown("shared", None, Some(2_345))?;
    dir.chmod("shared", 0o2775)?;
    dir.mkdir("shared/d", 0o755)?;
    dir.write_file("shared/f", b"")?;
    dir.symlink("f", "shared/s")?;
    for name in ["shared", "shared/d", "shared/f", "shared/s"] {
        dir.lstat(name)?;
    }

    Ok(())
}

/// A removed directory that is still open is empty, has no links, and refuses new names.
fn removed_while_open(dir: &TestDir) -> Outcome {
    let open = dir.open("d/inner", RDONLY)?;
    dir.rmdir("d/inner")?;
    open.fstat()?;
    open.rest_of_directory(4096).compared();
    dir.openat2(
        &open,
        "new",
        crate::ops::CREATE,
        rustix::fs::ResolveFlags::empty(),
    )
    .refused(Errno::NOENT)?;
    open.close()?;
    dir.record_times("rmdir", ".", || dir.rmdir("d"))?;
    dir.lstat(".")?;
    dir.lstat("d").refused(Errno::NOENT)
}

fn deep_tree(dir: &TestDir) -> Outcome {
    let deep: Vec<String> = (1..30).map(|depth| vec!["deep"; depth].join("/")).collect();
    deep.iter().try_for_each(|name| dir.mkdir(name, 0o755))?;
    dir.write_file(&format!("{}/leaf", deep[28]), b"at the bottom")?;
    dir.read_file(&format!("{}/leaf", deep[28]))?;
    dir.unlink(&format!("{}/leaf", deep[28]))?;
    deep[5..]
        .iter()
        .rev()
        .try_for_each(|name| dir.rmdir(name))?;
    dir.list("deep/deep/deep/deep")?;
    Ok(())
}
