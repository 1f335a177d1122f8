// SPDX-License-Identifier: GPL-2.0

//! Operations on names.

use rustix::fs::{FileType, RenameFlags};

use crate::operation::{operation, Operation, NO_INODE, NO_UPPER_INODE};

pub const OPERATIONS: &[Operation] = &[
    operation("stat", |dir, window| {
        window.during(|| dir.stat("file")).map(drop)
    }),
    operation("stat of a deep name", |dir, window| {
        window.during(|| dir.stat("one/two/three/deep")).map(drop)
    }),
    operation("stat of a missing name", |dir, window| {
        match window.during(|| dir.stat("missing")) {
            Err(rustix::io::Errno::NOENT) => Ok(()),
            other => other.map(drop),
        }
    }),
    operation("stat through a symlink", |dir, window| {
        window.during(|| dir.stat("symlink")).map(drop)
    }),
    operation("readlink", |dir, window| {
        window.during(|| dir.readlink("symlink")).map(drop)
    }),
    Operation {
        errors: NO_INODE,
        ..operation("mkdir", |dir, window| {
            window.during(|| dir.mkdir("new", 0o755))
        })
    },
    operation("rmdir", |dir, window| window.during(|| dir.rmdir("empty"))),
    operation("unlink", |dir, window| window.during(|| dir.unlink("file"))),
    operation("unlink of one of two names", |dir, window| {
        window.during(|| dir.unlink("linked"))
    }),
    operation("link", |dir, window| {
        window.during(|| dir.link("file", "one/new"))
    }),
    Operation {
        errors: NO_INODE,
        ..operation("symlink", |dir, window| {
            window.during(|| dir.symlink("target", "new"))
        })
    },
    Operation {
        errors: NO_INODE,
        half_done: Some(NO_UPPER_INODE),
        ..operation("mknod of a fifo", |dir, window| {
            window.during(|| dir.mknod("new", FileType::Fifo, 0o644, 0))
        })
    },
    operation("rename", |dir, window| {
        window.during(|| dir.rename("file", "new"))
    }),
    operation("rename into another directory", |dir, window| {
        window.during(|| dir.rename("file", "one/two/new"))
    }),
    operation("rename over a file", |dir, window| {
        window.during(|| dir.rename("file", "one/inner"))
    }),
    operation("rename of a directory over an empty one", |dir, window| {
        window.during(|| dir.rename("one/two", "empty"))
    }),
    operation("rename that exchanges", |dir, window| {
        window.during(|| dir.rename_with("file", "one/two", RenameFlags::EXCHANGE))
    }),
    operation("rename to a free name", |dir, window| {
        window.during(|| dir.rename_with("file", "new", RenameFlags::NOREPLACE))
    }),
    operation("list", |dir, window| {
        window.during(|| dir.list("one")).map(drop)
    }),
];
