// SPDX-License-Identifier: GPL-2.0

//! Opening files, and what belongs to an open file.

use base0fs_selftest::ops::{Kind, Owner};
use rustix::fs::{FlockOperation, OFlags};

use crate::operation::{operation, Operation, NO_INODE, NO_LOCK, NO_UPPER_INODE};

pub const OPERATIONS: &[Operation] = &[
    operation("open", |dir, window| {
        window.during(|| dir.open("file", OFlags::RDONLY)).map(drop)
    }),
    operation("open for writing", |dir, window| {
        window.during(|| dir.open("file", OFlags::RDWR)).map(drop)
    }),
    operation("open of a deep name", |dir, window| {
        window
            .during(|| dir.open("one/two/three/deep", OFlags::RDONLY))
            .map(drop)
    }),
    operation("open that truncates", |dir, window| {
        window
            .during(|| dir.open("file", OFlags::WRONLY | OFlags::TRUNC))
            .map(drop)
    }),
    Operation {
        errors: NO_INODE,
        half_done: Some(NO_UPPER_INODE),
        ..operation("open that creates", |dir, window| {
            window
                .during(|| dir.open("new", OFlags::RDWR | OFlags::CREATE))
                .map(drop)
        })
    },
    Operation {
        errors: NO_INODE,
        half_done: Some(NO_UPPER_INODE),
        ..operation("open that creates alone", |dir, window| {
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
            window
                .during(|| dir.open_mode("new", flags, 0o444))
                .map(drop)
        })
    },
    Operation {
        errors: NO_INODE,
        ..operation("open without a name", |dir, window| {
            window
                .during(|| dir.open_mode("one", OFlags::RDWR | OFlags::TMPFILE, 0o600))
                .map(drop)
        })
    },
    operation("open for direct transfers", |dir, window| {
        window
            .during(|| dir.open("file", OFlags::RDWR | OFlags::DIRECT))
            .map(drop)
    }),
    operation("open of a directory", |dir, window| {
        window
            .during(|| dir.open("one", OFlags::RDONLY | OFlags::DIRECTORY))
            .map(drop)
    }),
    operation("open of a path", |dir, window| {
        window.during(|| dir.open("file", OFlags::PATH)).map(drop)
    }),
    operation("close", |dir, window| {
        let file = dir.open("file", OFlags::RDWR)?;
        window.during(|| file.close())
    }),
    operation("reading an open directory", |dir, window| {
        let open = dir.open("", OFlags::RDONLY | OFlags::DIRECTORY)?;
        let entries = window.during(|| open.rest_of_directory(4096))?;
        dir.record("entries", &entries.len());
        Ok(())
    }),
    Operation {
        errors: NO_LOCK,
        ..operation("flock", |dir, window| {
            let file = dir.open("file", OFlags::RDWR)?;
            window.during(|| file.flock(FlockOperation::NonBlockingLockExclusive))
        })
    },
    Operation {
        errors: NO_LOCK,
        ..operation("a record lock", |dir, window| {
            let file = dir.open("file", OFlags::RDWR)?;
            window.during(|| file.lock(Owner::Process, Kind::Write, (0, 10)))
        })
    },
    Operation {
        errors: NO_LOCK,
        ..operation("a record lock of the open file", |dir, window| {
            let file = dir.open("file", OFlags::RDWR)?;
            window.during(|| file.lock(Owner::File, Kind::Write, (0, 10)))
        })
    },
    operation("a lease", |dir, window| {
        let file = dir.open("file", OFlags::RDONLY)?;
        window.during(|| file.set_lease(Kind::Read))
    }),
    operation("changing the flags of an open file", |dir, window| {
        let file = dir.open("file", OFlags::RDWR)?;
        window.during(|| file.set_flags(OFlags::APPEND | OFlags::DIRECT))
    }),
    operation("a file handle", |dir, window| {
        window.during(|| dir.handle("file", 0)).map(drop)
    }),
    operation("open of a file handle", |dir, window| {
        let handle = dir.handle("one/two/three/deep", 0)?;
        window
            .during(|| dir.open_handle("the file", &handle, OFlags::RDONLY))
            .map(drop)
    }),
];
