// SPDX-License-Identifier: GPL-2.0

//! The mount itself: its root, its entry in the mount table, and the room it reports.

use rustix::fs::{statfs, statvfs, StatFs};

use crate::case::{Case, Run};
use crate::outcome::{expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "mount_and_statfs",
    about: "the root is the lower directory; statfs tells the lower filesystem's type, sizes and limits",
    risk: "nothing was changed, but do not use it: what is mounted is not what was asked for",
    run: Run::Compared(run),
};

fn run(dir: &TestDir) -> Outcome {
    dir.write_file("f", b"in the root")?;
    dir.lstat(".")?;
    dir.inode_as_below(".")?;
    dir.list(".")?;
    for name in [".", "f"] {
        dir.step(format!("statfs {name}"), || {
            statfs(dir.path(name)).map(|found| fixed(&found))
        })?;
        let (here, below) = (statfs(dir.path(name))?, statfs(dir.below().path(name))?);
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
            dir.record(
                format!("{what} as below"),
                &(one.abs_diff(other) <= all / 50),
            );
        }
        let read_only = statvfs(dir.path(name))?
            .f_flag
            .contains(rustix::fs::StatVfsMountFlags::RDONLY);
        dir.record("read-only", &read_only);
    }
    let file = dir.open("f", crate::ops::RDONLY)?;
    dir.step("fstatfs f", || {
        rustix::fs::fstatfs(&file).map(|found| fixed(&found))
    })?;

    // One filesystem, one device number, whatever lies in it.
    dir.mkdir("d", 0o755)?;
    let root = dir.lstat(".")?;
    for name in ["f", "d"] {
        expect(
            "the device number of a file in the world",
            dir.lstat(name)?.st_dev,
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
