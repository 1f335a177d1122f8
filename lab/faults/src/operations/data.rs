// SPDX-License-Identifier: GPL-2.0

//! Operations on the data of an open file.

use base0fs_selftest::ops::pattern;
use rustix::fs::{copy_file_range, sendfile, FallocateFlags, OFlags, SeekFrom};
use rustix::mm::{MapFlags, ProtFlags};

use crate::operation::{operation, Operation};

pub const OPERATIONS: &[Operation] = &[
    operation("read", |dir, window| {
        let file = dir.open("file", OFlags::RDONLY)?;
        window.during(|| file.read(4096)).map(drop)
    }),
    operation("write", |dir, window| {
        let file = dir.open("file", OFlags::WRONLY)?;
        window
            .during(|| file.pwrite(&pattern(2, 1000), 0))
            .map(drop)
    }),
    operation("write of a new page", |dir, window| {
        let file = dir.open("file", OFlags::WRONLY)?;
        window
            .during(|| file.pwrite(&pattern(2, 4096), 1 << 20))
            .map(drop)
    }),
    operation("append", |dir, window| {
        let file = dir.open("file", OFlags::WRONLY | OFlags::APPEND)?;
        window.during(|| file.write(&pattern(2, 1000))).map(drop)
    }),
    operation("synchronous write", |dir, window| {
        let file = dir.open("file", OFlags::WRONLY | OFlags::SYNC)?;
        window
            .during(|| file.pwrite(&pattern(2, 1000), 0))
            .map(drop)
    }),
    operation("ftruncate", |dir, window| {
        let file = dir.open("file", OFlags::WRONLY)?;
        window.during(|| file.ftruncate(100_000))
    }),
    operation("fallocate", |dir, window| {
        let file = dir.open("file", OFlags::WRONLY)?;
        window.during(|| file.fallocate(FallocateFlags::empty(), 0, 4096))
    }),
    operation("punching a hole", |dir, window| {
        let file = dir.open("file", OFlags::WRONLY)?;
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        window.during(|| file.fallocate(flags, 0, 4096))
    }),
    operation("seeking a hole", |dir, window| {
        let file = dir.open("file", OFlags::RDONLY)?;
        window.during(|| file.seek(SeekFrom::Hole(0))).map(drop)
    }),
    operation("fsync", |dir, window| {
        let file = dir.open("file", OFlags::RDWR)?;
        window.during(|| file.fsync())
    }),
    operation("syncfs", |dir, window| {
        let file = dir.open("file", OFlags::RDWR)?;
        window.during(|| file.syncfs())
    }),
    operation("copy_file_range", |dir, window| {
        let (from, to) = (
            dir.open("file", OFlags::RDONLY)?,
            dir.open("other", OFlags::WRONLY)?,
        );
        dir.step("copy_file_range file other", || {
            window.during(|| copy_file_range(&from, None, &to, None, 100))
        })
        .map(drop)
    }),
    operation("sendfile", |dir, window| {
        let (from, to) = (
            dir.open("file", OFlags::RDONLY)?,
            dir.open("other", OFlags::WRONLY)?,
        );
        dir.step("sendfile file other", || {
            window.during(|| sendfile(&to, &from, None, 100))
        })
        .map(drop)
    }),
    operation("mmap", |dir, window| {
        let file = dir.open("file", OFlags::RDWR)?;
        let mapping = window
            .during(|| file.mmap(4096, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED))?;
        dir.record("the mapping begins with", &mapping.load(0, 16));
        Ok(())
    }),
    operation("a store into a mapping", |dir, window| {
        let file = dir.open("file", OFlags::RDWR)?;
        let mapping = file.mmap(4096, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED)?;
        window.during(|| mapping.store(0, b"stored"));
        mapping.msync()
    }),
];
