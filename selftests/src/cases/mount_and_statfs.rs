// SPDX-License-Identifier: GPL-2.0

//! The root of the mount, and statfs(2).

use rustix::fs::{statfs, statvfs, StatFs};

use crate::case::{Case, Run};
use crate::outcome::{expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "mount_and_statfs",
    about: "the root is the lower directory; statfs reports the lower filesystem's type, sizes and limits",
    risk: "nothing was changed, but do not use it: the mount shows another directory than it should",
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
        let (above, below) = (statfs(dir.path(name))?, statfs(dir.below().path(name))?);
        // Other programs change these, but not by much between two calls.
        for (what, one, other, all) in [
            ("blocks", above.f_blocks, below.f_blocks, above.f_blocks),
            ("blocks free", above.f_bfree, below.f_bfree, above.f_blocks),
            (
                "blocks available",
                above.f_bavail,
                below.f_bavail,
                above.f_blocks,
            ),
            ("inodes free", above.f_ffree, below.f_ffree, above.f_files),
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

    // All files of the mount have one device number.
    dir.mkdir("d", 0o755)?;
    let root = dir.lstat(".")?;
    for name in ["f", "d"] {
        expect(
            "the device number of a file",
            dir.lstat(name)?.st_dev,
            root.st_dev,
        )?;
    }
    Ok(())
}

/// The fields that other programs do not change.
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
