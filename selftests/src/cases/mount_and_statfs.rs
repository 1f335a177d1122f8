// SPDX-License-Identifier: GPL-2.0

//! The mount itself: its root, its entry in the mount table, and the room it reports.

use rustix::fs::{statfs, statvfs, StatFs};

use crate::case::{expect, Case, Outcome, Run};
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "mount_and_statfs",
    about: "the root is the lower directory; statfs tells the lower filesystem's type, sizes and limits",
    risk: "nothing was changed, but do not use it: what is mounted is not what was asked for",
    run: Run::Compared(run),
};

fn run(w: &World) -> Outcome {
    w.write_file("f", b"in the root")?;
    w.lstat(".")?;
    w.inode_as_below(".")?;
    w.list(".")?;
    for name in [".", "f"] {
        w.step(format!("statfs {name}"), || {
            statfs(w.path(name)).map(|found| fixed(&found))
        })?;
        let (here, below) = (statfs(w.path(name))?, statfs(w.below().path(name))?);
        // The room, and what is free of it, move with every other user of the disk, but not far between two calls.
        for (what, one, other, all) in [
            ("blocks", here.f_blocks, below.f_blocks, here.f_blocks),
            ("blocks free", here.f_bfree, below.f_bfree, here.f_blocks),
            (
                "blocks available",
                here.f_bavail,
                below.f_bavail,
                here.f_blocks,
            ),
            ("inodes free", here.f_ffree, below.f_ffree, here.f_files),
        ] {
            w.note(
                format!("{what} as below"),
                &(one.abs_diff(other) <= all / 50),
            );
        }
        let read_only = statvfs(w.path(name))?
            .f_flag
            .contains(rustix::fs::StatVfsMountFlags::RDONLY);
        w.note("read-only", &read_only);
    }
    let file = w.open("f", crate::ops::RDONLY)?;
    w.step("fstatfs f", || {
        rustix::fs::fstatfs(&file).map(|found| fixed(&found))
    })?;

    // One filesystem, one device number, whatever lies in it.
    w.mkdir("d", 0o755)?;
    let root = w.lstat(".")?;
    for name in ["f", "d"] {
        expect(
            "the device number of a file in the world",
            w.lstat(name)?.st_dev,
            root.st_dev,
        )?;
    }
    Ok(())
}

/// The part of a statfs that no other user of the filesystem changes.
fn fixed(found: &StatFs) -> String {
    format!(
        "type {:x} bsize {} frsize {} files {} namelen {}",
        found.f_type,
        found.f_bsize,
        found.f_frsize,
        found.f_files > 0,
        found.f_namelen
    )
}
