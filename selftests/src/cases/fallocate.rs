// SPDX-License-Identifier: GPL-2.0

//! Allocating and freeing space.

use rustix::fs::FallocateFlags;
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{pattern, CREATE, RDONLY};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "fallocate",
    about: "fallocate: reserve, keep the size, punch, zero, collapse and insert, where the lower filesystem can",
    risk: "space may not be reserved, or data around a hole may be lost",
    run: Run::Compared(run),
};

const BLOCK: u64 = 16 << 10;
const KEEP: FallocateFlags = FallocateFlags::KEEP_SIZE;

fn run(dir: &TestDir) -> Outcome {
    let file = dir.open("f", CREATE)?;
    file.write(&pattern(17, 3 * BLOCK as usize))?;
    file.fsync()?;
    // A client to which the server has delegated the file may not ask for the times. Whether the
    // server does so depends on how quickly the file was opened again.
    let keeps_times = dir.removes_open_files();
    for (mode, offset, length) in [
        (FallocateFlags::empty(), 0, 4 * BLOCK),
        (KEEP, 4 * BLOCK, 2 * BLOCK),
        (FallocateFlags::PUNCH_HOLE | KEEP, BLOCK, BLOCK),
        (FallocateFlags::PUNCH_HOLE | KEEP, 100, 5_000),
        (FallocateFlags::PUNCH_HOLE, 0, BLOCK),
        (FallocateFlags::ZERO_RANGE, 2 * BLOCK + 5, 10_000),
        (FallocateFlags::ZERO_RANGE | KEEP, 3 * BLOCK, 5 * BLOCK),
        (FallocateFlags::COLLAPSE_RANGE, BLOCK, BLOCK),
        (FallocateFlags::COLLAPSE_RANGE, 1, 10),
        (FallocateFlags::INSERT_RANGE, BLOCK, BLOCK),
        (FallocateFlags::UNSHARE_RANGE, 0, BLOCK),
        (FallocateFlags::COLLAPSE_RANGE | KEEP, 0, BLOCK),
        (FallocateFlags::from_bits_retain(0x4000), 0, BLOCK),
    ] {
        let allocate = || {
            file.fallocate(mode, offset, length).compared();
            file.unread().map(drop)
        };
        match keeps_times {
            true => dir.record_times("fallocate", "f", allocate)?,
            false => allocate()?,
        }
        file.fstat()?;
        dir.read_file("f")?;
    }
    file.fallocate(KEEP, 0, 0).refused(Errno::INVAL)?;
    file.fallocate(KEEP, u64::MAX, 1).refused(Errno::INVAL)?;
    file.fallocate(KEEP, i64::MAX as u64, i64::MAX as u64)
        .refused(Errno::FBIG)?;
    dir.open("f", RDONLY)?
        .fallocate(KEEP, 0, BLOCK)
        .refused(Errno::BADF)?;
    dir.mkdir("d", 0o755)?;
    dir.open("d", RDONLY)?
        .fallocate(KEEP, 0, BLOCK)
        .refused(Errno::BADF)?;
    file.fstat()?;
    Ok(())
}
