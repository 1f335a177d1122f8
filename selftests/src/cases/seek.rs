// SPDX-License-Identifier: GPL-2.0

//! File positions.

use rustix::fs::SeekFrom;
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{pattern, CREATE, RDONLY};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "seek",
    about: "lseek: from the start, the end and the current position, to data and to holes",
    risk: "copies of sparse files may lack data",
    run: Run::Compared(run),
};

const BLOCK: u64 = 16 << 10;

fn run(dir: &TestDir) -> Outcome {
    let file = dir.open("f", CREATE)?;
    file.pwrite(&pattern(13, BLOCK as usize), 0)?;
    file.pwrite(&pattern(14, BLOCK as usize), 4 * BLOCK)?;
    file.ftruncate(7 * BLOCK)?;
    // Data counts as data before it is on disk, and stays in its place when it is written there.
    for round in ["in memory", "on disk"] {
        dir.record(round, &());
        for position in [
            0,
            1,
            BLOCK - 1,
            BLOCK,
            3 * BLOCK,
            4 * BLOCK,
            5 * BLOCK,
            7 * BLOCK - 1,
            7 * BLOCK,
        ] {
            file.seek(SeekFrom::Data(position)).compared();
            file.seek(SeekFrom::Hole(position)).compared();
        }
        file.fsync()?;
    }
    file.seek(SeekFrom::Data(100 * BLOCK))
        .refused(Errno::NXIO)?;

    file.seek(SeekFrom::Start(10))?;
    file.seek(SeekFrom::Current(-3))?;
    file.seek(SeekFrom::Current(-8)).refused(Errno::INVAL)?;
    file.seek(SeekFrom::End(-1))?;
    file.seek(SeekFrom::End(1_000))?;
    file.read(1)?;
    file.seek(SeekFrom::End(i64::MIN)).refused(Errno::INVAL)?;
    file.seek(SeekFrom::Start(1 << 62)).compared();
    file.seek(SeekFrom::Start(i64::MAX as u64)).compared();
    file.seek(SeekFrom::Current(i64::MAX)).compared();

    // The file grows below.
    dir.below()
        .open("f", CREATE)?
        .pwrite(b"longer", 9 * BLOCK)?;
    file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Data(8 * BLOCK))?;

    dir.write_file("empty", b"")?;
    let empty = dir.open("empty", RDONLY)?;
    empty.seek(SeekFrom::Data(0)).refused(Errno::NXIO)?;
    empty.seek(SeekFrom::Hole(0)).refused(Errno::NXIO)?;
    empty.seek(SeekFrom::End(0))?;
    Ok(())
}
