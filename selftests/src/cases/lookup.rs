// SPDX-License-Identifier: GPL-2.0

//! Lookups of names: existing, missing, and invalid ones.

use rustix::fs::{FileType, OFlags};
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::RDONLY;
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "lookup",
    about:
        "look up names: existing, missing, too long, dot and dot-dot, and names of unusual bytes",
    risk: "a file may not be found, or the wrong file may be found",
    run: Run::Compared(run),
};

fn run(dir: &TestDir) -> Outcome {
    dir.mkdir("d", 0o755)?;
    dir.mkdir("d/e", 0o755)?;
    dir.write_file("d/e/f", b"found")?;
    dir.stat("d/e/f")?;
    dir.stat("d/e/../e/./f")?;
    dir.stat("d/e/../../d")?;
    dir.same_inode("d/e/..", "d")?;
    dir.same_inode("d/.", "d")?;
    dir.inode_as_below("d/e/f")?;

    dir.stat("missing").refused(Errno::NOENT)?;
    dir.stat("missing").refused(Errno::NOENT)?;
    dir.stat("missing/f").refused(Errno::NOENT)?;
    dir.stat("d/e/f/g").refused(Errno::NOTDIR)?;
    dir.stat("d/e/f/").refused(Errno::NOTDIR)?;
    dir.open("d/e/f", RDONLY | OFlags::DIRECTORY)
        .refused(Errno::NOTDIR)?;

    let longest = "n".repeat(255);
    dir.write_file(&longest, b"long")?;
    dir.read_file(&longest)?;
    dir.stat(&"n".repeat(256)).refused(Errno::NAMETOOLONG)?;
    dir.mkdir(&"n".repeat(256), 0o755)
        .refused(Errno::NAMETOOLONG)?;

    for name in [
        " ",
        "new\nline",
        "back\\slash",
        "\u{1f980}",
        "a:b,c=d",
        "-",
        "...",
        ".hidden",
    ] {
        dir.write_file(name, name.as_bytes())?;
        dir.read_file(name)?;
    }
    dir.list(".")?;

    // A missing name is created and removed again, so that the cached dentry changes each time.
    dir.stat("late").refused(Errno::NOENT)?;
    dir.mknod("late", FileType::RegularFile, 0o600, 0)?;
    dir.stat("late")?;
    dir.unlink("late")?;
    dir.stat("late").refused(Errno::NOENT)
}
