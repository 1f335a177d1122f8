// SPDX-License-Identifier: GPL-2.0

//! Mountpoints on the mount.

use std::path::PathBuf;

use rustix::io::Errno;
use rustix::mount::{mount, mount_bind, MountFlags};

use crate::case::{Case, Run};
use crate::layer::unmount_retrying;
use crate::ops::{File, RDONLY};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "submount",
    about: "directories and files of the mount can be mountpoints, are busy while mounted on, and show their content afterwards",
    risk: "mounts inside the mount may disappear while they are in use",
    run: Run::Compared(run),
};

fn run(dir: &TestDir) -> Outcome {
    dir.mkdir("d", 0o755)?;
    dir.write_file("d/covered", b"covered")?;
    dir.write_file("f", b"covered, too")?;
    dir.write_file("g", b"covering")?;
    let before = dir.open("d", RDONLY)?;
    let mountpoint = dir.path("d");
    dir.step("mount tmpfs on d", || {
        mount("submount", &mountpoint, "tmpfs", MountFlags::empty(), c"")
    })?;
    let result = while_mounted(dir, &before);
    dir.step("umount d", || unmount_retrying(&mountpoint))?;
    result?;
    dir.list("d")?;
    dir.rename("d", "e")?;
    dir.read_file("e/covered")?;

    let bound: PathBuf = dir.path("f");
    dir.step("bind g on f", || mount_bind(dir.path("g"), &bound))?;
    dir.read_file("f")?;
    dir.unlink("f").refused(Errno::BUSY)?;
    dir.step("umount f", || unmount_retrying(&bound))?;
    dir.read_file("f")?;
    dir.unlink("f")?;
    Ok(())
}

fn while_mounted(dir: &TestDir, before: &File) -> Outcome {
    dir.list("d")?;
    dir.write_file("d/on top", b"on top")?;
    dir.same_inode("d/..", ".")?;
    dir.statat(before, "covered", rustix::fs::AtFlags::empty())?;
    dir.rmdir("d").refused(Errno::BUSY)?;
    dir.rename("d", "e").refused(Errno::BUSY)?;
    dir.rename("d/on top", "moved").refused(Errno::XDEV)?;
    dir.link("d/on top", "linked").refused(Errno::XDEV)?;
    Ok(())
}
