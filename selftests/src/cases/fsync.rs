// SPDX-License-Identifier: GPL-2.0

//! Writing data to disk.

use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{pattern, CREATE, RDONLY};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "fsync",
    about: "fsync, fdatasync, sync_file_range and syncfs, on files, directories and files that cannot be synced",
    risk: "data that was reported as written may be lost when the power fails",
    run: Run::Compared(run),
};

fn run(dir: &TestDir) -> Outcome {
    let file = dir.open("f", CREATE)?;
    file.write(&pattern(15, 10_000))?;
    file.fsync()?;
    file.pwrite(b"more", 5_000)?;
    file.fdatasync()?;
    file.pwrite(b"more", 6_000)?;
    file.sync_file_range(4_096, 4_096)?;
    file.sync_file_range(-1, 10).refused(Errno::INVAL)?;
    file.syncfs()?;
    dir.open("f", RDONLY)?.fsync()?;
    dir.mkdir("d", 0o755)?;
    let directory = dir.open("d", RDONLY)?;
    directory.fsync()?;
    directory.fdatasync()?;
    directory.syncfs()?;
    dir.open("f", rustix::fs::OFlags::PATH)?
        .fsync()
        .refused(Errno::BADF)?;
    dir.mknod("fifo", rustix::fs::FileType::Fifo, 0o600, 0)?;
    dir.open("fifo", CREATE)?.fsync().refused(Errno::INVAL)?;
    file.close()?;
    dir.read_file("f")?;
    Ok(())
}
