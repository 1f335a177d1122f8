// SPDX-License-Identifier: GPL-2.0

//! Changing the size of files.

use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{pattern, RDONLY, RDWR};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::{TestDir, ALICE};

pub(super) const CASE: Case = Case {
    name: "truncate",
    about:
        "shorten and extend files by name and by descriptor; data that was cut off reads as zeros",
    risk: "files may keep data that was cut off, or lose other data",
    run: Run::Compared(run),
};

fn run(dir: &TestDir) -> Outcome {
    dir.write_file("f", &pattern(5, 20_000))?;
    let open = dir.open("f", RDWR)?;
    for size in [12_345, 4_096, 4_095, 1, 0, 5_000, 100_000, 7, 7] {
        dir.record_times("truncate", "f", || dir.truncate("f", size))?;
        open.fstat()?;
        dir.read_file("f")?;
        dir.below().read_file("f")?;
    }
    open.pwrite(&pattern(6, 9_000), 0)?;
    for size in [8_999, 4_000, 10_000] {
        dir.record_times("ftruncate", "f", || {
            open.ftruncate(size)?;
            open.unread()
        })?;
        dir.lstat("f")?;
        open.pread(6_000, 4_000)?;
    }
    open.ftruncate(u64::MAX).refused(Errno::INVAL)?;
    dir.truncate("f", i64::MAX as u64).compared();
    open.fstat()?;

    // A change below is visible by name and by descriptor.
    dir.below().truncate("f", 321)?;
    open.fstat()?;
    dir.lstat("f")?;
    dir.read_file("f")?;

    dir.mkdir("d", 0o755)?;
    dir.truncate("d", 0).refused(Errno::ISDIR)?;
    dir.truncate("missing", 0).refused(Errno::NOENT)?;
    dir.truncate("f/x", 0).refused(Errno::NOTDIR)?;
    dir.open("f", RDONLY)?.ftruncate(0).refused(Errno::INVAL)?;
    dir.mknod("fifo", rustix::fs::FileType::Fifo, 0o644, 0)?;
    dir.truncate("fifo", 0).refused(Errno::INVAL)?;
    dir.symlink("f", "s")?;
    dir.truncate("s", 3)?;
    dir.read_file("f")?;
    dir.as_user(ALICE, || dir.truncate("f", 0))
        .refused(Errno::ACCESS)
}
