// SPDX-License-Identifier: GPL-2.0

//! Reads and writes.

use std::io::{IoSlice, IoSliceMut};

use rustix::fs::{OFlags, SeekFrom};
use rustix::io::{preadv2, pwritev2, Errno, ReadWriteFlags};

use crate::case::{Case, Run};
use crate::ops::{pattern, File, ATIME_DUE, CREATE, RDONLY, RDWR, WRONLY};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "read_write",
    about: "read and write: positions, vectors, holes, appending, O_DIRECT and O_SYNC, limits",
    risk: "data that is written may be lost or wrong: do not use the module",
    run: Run::Compared(run),
};

fn run(dir: &TestDir) -> Outcome {
    positions(dir)?;
    holes_and_limits(dir)?;
    far(dir)?;
    appending(dir)?;
    directions(dir)?;
    special_flags(dir)
}

fn positions(dir: &TestDir) -> Outcome {
    let file = dir.open("data", CREATE)?;
    dir.record_times("write", "data", || file.write(&pattern(1, 10_000)))?;
    file.seek(SeekFrom::Start(4_090))?;
    file.read(20)?;
    file.write(b"over the page boundary")?;
    file.seek(SeekFrom::Current(0))?;
    file.pread(64, 4_080)?;
    file.pwrite(b"positioned", 8_190)?;
    file.seek(SeekFrom::Current(0))?;
    file.preadv2(&[1, 7, 4_096, 100], 4_000, ReadWriteFlags::empty())?;
    file.pwritev2(
        &[b"one", b"", b"three", &pattern(2, 5_000)],
        9_999,
        ReadWriteFlags::empty(),
    )?;
    file.unread()?;
    file.pread(100, 14_990)?;
    file.pread(100, 100_000)?;
    file.pread(0, 0)?;
    file.write(b"")?;
    file.fstat()?;
    file.close()?;

    // Two open files of one inode share the data, and each has its own position.
    let (one, other) = (dir.open("data", RDWR)?, dir.open("data", RDWR)?);
    one.write(b"one")?;
    other.read(8)?;
    other.write(b"other")?;
    one.read(16)?;
    dir.read_file("data")?;
    Ok(())
}

fn holes_and_limits(dir: &TestDir) -> Outcome {
    let sparse = dir.open("sparse", CREATE)?;
    sparse.pwrite(b"behind a hole", 200_000)?;
    sparse.pread(70_000, 140_000)?;
    sparse.pwrite(b"inside it", 100_000)?;
    sparse.fstat()?;
    sparse.pwrite(b"x", i64::MAX as u64).compared();
    sparse.pwrite(b"xy", i64::MAX as u64 - 1).compared();
    sparse.pwrite(b"x", u64::MAX).refused(Errno::INVAL)?;
    sparse.pread(1, u64::MAX).refused(Errno::INVAL)?;
    sparse.pread(1, i64::MAX as u64 - 1).compared();
    sparse.fstat()?;
    Ok(())
}

/// Positions beyond 32 bits.
fn far(dir: &TestDir) -> Outcome {
    const FAR: u64 = (5 << 30) + 123;
    let file = dir.open("far", CREATE)?;
    file.pwrite(b"far away", FAR)?;
    file.fstat()?;
    file.pread(100, FAR - 10)?;
    file.seek(SeekFrom::Data(4_096)).compared();
    file.seek(SeekFrom::End(-4))?;
    file.write(b"still further")?;
    file.pread(100, FAR)?;
    dir.below().lstat("far").compared();
    file.ftruncate(10)?;
    Ok(())
}

fn appending(dir: &TestDir) -> Outcome {
    let log = dir.open("log", CREATE | OFlags::APPEND)?;
    log.write(b"first ")?;
    log.seek(SeekFrom::Start(0))?;
    log.write(b"second ")?;
    log.seek(SeekFrom::Current(0))?;
    // In Linux, pwrite(2) appends as well if the file has O_APPEND.
    log.pwrite(b"third ", 0)?;
    dir.write_file("log", b"")?;
    log.write(b"after truncation ")?;
    let plain = dir.open("log", WRONLY)?;
    plain
        .pwritev2(&[b"by flag"], 0, ReadWriteFlags::APPEND)
        .compared();
    plain.set_flags(OFlags::APPEND)?;
    plain.flags()?;
    plain.write(b" by F_SETFL")?;
    plain.set_flags(OFlags::empty())?;
    plain.pwrite(b"AFTER", 0)?;
    dir.read_file("log")?;
    Ok(())
}

fn directions(dir: &TestDir) -> Outcome {
    dir.open("data", RDONLY)?.write(b"x").refused(Errno::BADF)?;
    dir.open("data", WRONLY)?.read(1).refused(Errno::BADF)?;
    dir.open("data", OFlags::PATH)?
        .read(1)
        .refused(Errno::BADF)?;
    dir.mkdir("directory", 0o755)?;
    dir.open("directory", RDONLY)?
        .read(1)
        .refused(Errno::ISDIR)?;
    dir.utimens("data", ATIME_DUE.last_access, ATIME_DUE.last_modification)?;
    dir.record_times("read", "data", || dir.open("data", RDONLY)?.read(10))?;
    dir.utimens("data", ATIME_DUE.last_access, ATIME_DUE.last_modification)?;
    dir.record_times("read with O_NOATIME", "data", || {
        dir.open("data", RDONLY | OFlags::NOATIME)?.read(10)
    })?;
    Ok(())
}

fn special_flags(dir: &TestDir) -> Outcome {
    let synchronous = dir.open("synchronous", CREATE | OFlags::SYNC)?;
    synchronous.flags()?;
    synchronous.write(b"on disk")?;
    synchronous.pwritev2(&[b"too"], 7, ReadWriteFlags::DSYNC)?;
    dir.read_file("synchronous")?;
    without_waiting(dir, &synchronous);
    // The write with RWF_NOWAIT may or may not have changed this range.
    synchronous.pwrite(b"known again", 0)?;

    // These operations have no aligned memory. `direct_io` has transfers that succeed.
    if let Ok(direct) = dir.open("data", RDWR | OFlags::DIRECT) {
        direct.flags()?;
        direct.pread(0, 0).compared();
        direct.pread(7, 3).compared();
        direct.pwrite(b"misaligned", 5).compared();
    }
    dir.read_file("data")?;
    Ok(())
}

/// Whether RWF_NOWAIT is supported. Whether such an operation succeeds depends on the moment.
fn without_waiting(dir: &TestDir, file: &File) {
    let mut buffer = [0; 10];
    let read = preadv2(
        file,
        &mut [IoSliceMut::new(&mut buffer)],
        0,
        ReadWriteFlags::NOWAIT,
    );
    let write = pwritev2(file, &[IoSlice::new(b"now")], 0, ReadWriteFlags::NOWAIT);
    for (what, result) in [("read", read), ("write", write)] {
        dir.record(
            format!("RWF_NOWAIT {what} is supported"),
            &(result != Err(Errno::OPNOTSUPP)),
        );
    }
}
