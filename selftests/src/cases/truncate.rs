// SPDX-License-Identifier: GPL-2.0

//! Shortening and lengthening files.

use rustix::io::Errno;

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::{pattern, RDONLY, RDWR};
use crate::world::{World, ALICE};

pub(super) const CASE: Case = Case {
    name: "truncate",
    about:
        "shorten and lengthen files by name and by descriptor; what is cut off comes back as zeros",
    risk: "files may keep data that was cut off, or lose data that was not",
    run: Run::Compared(run),
};

fn run(w: &World) -> Outcome {
    w.write_file("f", &pattern(5, 20_000))?;
    let open = w.open("f", RDWR)?;
    for size in [12_345, 4_096, 4_095, 1, 0, 5_000, 100_000, 7, 7] {
        w.stamped("truncate", "f", || w.truncate("f", size))?;
        open.fstat()?;
        w.read_file("f")?;
        w.below().read_file("f")?;
    }
    open.pwrite(&pattern(6, 9_000), 0)?;
    for size in [8_999, 4_000, 10_000] {
        w.stamped("ftruncate", "f", || open.ftruncate(size))?;
        w.lstat("f")?;
        open.pread(6_000, 4_000)?;
    }
    open.ftruncate(u64::MAX).refused(Errno::INVAL)?;
    w.truncate("f", i64::MAX as u64).either();
    open.fstat()?;

    // What was changed below is changed here, for names and for open files.
    w.below().truncate("f", 321)?;
    open.fstat()?;
    w.lstat("f")?;
    w.read_file("f")?;

    w.mkdir("d", 0o755)?;
    w.truncate("d", 0).refused(Errno::ISDIR)?;
    w.truncate("missing", 0).refused(Errno::NOENT)?;
    w.truncate("f/x", 0).refused(Errno::NOTDIR)?;
    w.open("f", RDONLY)?.ftruncate(0).refused(Errno::INVAL)?;
    w.mknod("fifo", rustix::fs::FileType::Fifo, 0o644, 0)?;
    w.truncate("fifo", 0).refused(Errno::INVAL)?;
    w.symlink("f", "s")?;
    w.truncate("s", 3)?;
    w.read_file("f")?;
    w.as_user(ALICE, || w.truncate("f", 0))
        .refused(Errno::ACCESS)
}
