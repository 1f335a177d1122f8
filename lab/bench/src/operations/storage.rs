// SPDX-License-Identifier: GPL-2.0

//! Writing data back.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt;

use crate::meter::Meter;
use crate::operation::{file, Operation, Place};

pub const OPERATIONS: &[Operation] = &[
    Operation {
        name: "fsync, nothing to write",
        run: fsync_clean,
    },
    Operation {
        name: "write of 4 KiB, fsync",
        run: fsync_dirty,
    },
];

fn fsync_clean(_: &Place, meter: &mut Meter) -> io::Result<()> {
    file("file", 4 << 10)?;
    let open = fs::File::options().write(true).open("file")?;
    open.sync_all()?;
    meter.measure(20, || open.sync_all())
}

fn fsync_dirty(_: &Place, meter: &mut Meter) -> io::Result<()> {
    file("file", 4 << 10)?;
    let open = fs::File::options().write(true).open("file")?;
    let buffer = vec![1; 4 << 10];
    meter.measure(1, || {
        open.write_all_at(&buffer, 0)?;
        open.sync_all()
    })
}
