// SPDX-License-Identifier: GPL-2.0

//! Other filesystems mounted on directories of the mount.

use std::path::PathBuf;

use rustix::io::Errno;
use rustix::mount::{mount, mount_bind, MountFlags};

use crate::case::{Case, Expect, Outcome, Run};
use crate::layer::take_down;
use crate::ops::RDONLY;
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "submount",
    about: "directories and files of the mount can be mountpoints: covered, busy, crossed, and bare again",
    risk: "what is mounted inside may vanish, or be removed from under its users",
    run: Run::Compared(run),
};

fn run(w: &World) -> Outcome {
    w.mkdir("d", 0o755)?;
    w.write_file("d/covered", b"covered")?;
    w.write_file("f", b"covered, too")?;
    w.write_file("g", b"covering")?;
    let before = w.open("d", RDONLY)?;
    let place = w.path("d");
    w.step("mount tmpfs on d", || {
        mount("submount", &place, "tmpfs", MountFlags::empty(), c"")
    })?;
    let result = on_top(w, &before);
    w.step("umount d", || take_down(&place))?;
    result?;
    w.list("d")?;
    w.rename("d", "e")?;
    w.read_file("e/covered")?;

    let bound: PathBuf = w.path("f");
    w.step("bind g on f", || mount_bind(w.path("g"), &bound))?;
    w.read_file("f")?;
    w.unlink("f").refused(Errno::BUSY)?;
    w.step("umount f", || take_down(&bound))?;
    w.read_file("f")?;
    w.unlink("f")?;
    Ok(())
}

fn on_top(w: &World, before: &crate::ops::File) -> Outcome {
    w.list("d")?;
    w.write_file("d/on top", b"on top")?;
    w.same_inode("d/..", ".")?;
    w.statat(before, "covered", rustix::fs::AtFlags::empty())?;
    w.rmdir("d").refused(Errno::BUSY)?;
    w.rename("d", "e").refused(Errno::BUSY)?;
    w.rename("d/on top", "moved").refused(Errno::XDEV)?;
    w.link("d/on top", "linked").refused(Errno::XDEV)?;
    Ok(())
}
