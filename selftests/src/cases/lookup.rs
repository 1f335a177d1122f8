// SPDX-License-Identifier: GPL-2.0

//! Finding names: those that exist, those that do not, and those that cannot.

use rustix::fs::{FileType, OFlags};
use rustix::io::Errno;

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::RDONLY;
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "lookup",
    about: "find names: existing, missing, too long, dot and dot-dot, and names of unusual bytes",
    risk: "files may not be found, or another one in their place",
    run: Run::Compared(run),
};

fn run(w: &World) -> Outcome {
    w.mkdir("d", 0o755)?;
    w.mkdir("d/e", 0o755)?;
    w.write_file("d/e/f", b"found")?;
    w.stat("d/e/f")?;
    w.stat("d/e/../e/./f")?;
    w.stat("d/e/../../d")?;
    w.same_inode("d/e/..", "d")?;
    w.same_inode("d/.", "d")?;
    w.inode_as_below("d/e/f")?;

    w.stat("missing").refused(Errno::NOENT)?;
    w.stat("missing").refused(Errno::NOENT)?;
    w.stat("missing/f").refused(Errno::NOENT)?;
    w.stat("d/e/f/g").refused(Errno::NOTDIR)?;
    w.stat("d/e/f/").refused(Errno::NOTDIR)?;
    w.open("d/e/f", RDONLY | OFlags::DIRECTORY)
        .refused(Errno::NOTDIR)?;

    let longest = "n".repeat(255);
    w.write_file(&longest, b"long")?;
    w.read_file(&longest)?;
    w.stat(&"n".repeat(256)).refused(Errno::NAMETOOLONG)?;
    w.mkdir(&"n".repeat(256), 0o755)
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
        w.write_file(name, name.as_bytes())?;
        w.read_file(name)?;
    }
    w.list(".")?;

    // A name that was found missing is found once it is there, and missing again once it is gone.
    w.stat("late").refused(Errno::NOENT)?;
    w.mknod("late", FileType::RegularFile, 0o600, 0)?;
    w.stat("late")?;
    w.unlink("late")?;
    w.stat("late").refused(Errno::NOENT)
}
