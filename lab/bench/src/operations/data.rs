// SPDX-License-Identifier: GPL-2.0

//! Reading and writing data in the page cache.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt;

use rustix::fs::{
    copy_file_range, fallocate, ftruncate, open, seek, sendfile, FallocateFlags, Mode, OFlags,
    SeekFrom,
};

use crate::meter::Meter;
use crate::operation::{file, Operation, Place};

pub const OPERATIONS: &[Operation] = &[
    Operation {
        name: "pread of 1 byte",
        run: |_, meter| read(meter, 1),
    },
    Operation {
        name: "pread of 4 KiB",
        run: |_, meter| read(meter, 4 << 10),
    },
    Operation {
        name: "pread of 1 MiB",
        run: |_, meter| read(meter, 1 << 20),
    },
    Operation {
        name: "pwrite of 1 byte",
        run: |_, meter| write(meter, 1),
    },
    Operation {
        name: "pwrite of 4 KiB",
        run: |_, meter| write(meter, 4 << 10),
    },
    Operation {
        name: "pwrite of 1 MiB",
        run: |_, meter| write(meter, 1 << 20),
    },
    Operation {
        name: "append of 100 bytes",
        run: append,
    },
    Operation {
        name: "sendfile of 64 KiB",
        run: send,
    },
    Operation {
        name: "copy_file_range of 4 KiB",
        run: copy,
    },
    Operation {
        name: "SEEK_DATA",
        run: seek_data,
    },
    Operation {
        name: "fallocate of 4 KiB",
        run: allocate,
    },
    Operation {
        name: "ftruncate",
        run: truncate,
    },
];

/// How often an operation on this much data is repeated in a round.
fn repeat(size: usize) -> u32 {
    match size {
        ..=4096 => 50,
        _ => 1,
    }
}

fn read(meter: &mut Meter, size: usize) -> io::Result<()> {
    file("file", size)?;
    let open = fs::File::open("file")?;
    let mut buffer = vec![0; size];
    meter.measure(repeat(size), || open.read_exact_at(&mut buffer, 0))
}

/// Writes over what is there.
fn write(meter: &mut Meter, size: usize) -> io::Result<()> {
    file("file", size)?;
    let open = fs::File::options().write(true).open("file")?;
    let buffer = vec![1; size];
    meter.measure(repeat(size), || open.write_all_at(&buffer, 0))
}

fn append(_: &Place, meter: &mut Meter) -> io::Result<()> {
    let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::APPEND;
    let open = open("file", flags, Mode::RUSR | Mode::WUSR)?;
    meter.measure_prepared(
        20,
        || Ok(ftruncate(&open, 0)?),
        |_| Ok(rustix::io::write(&open, &[1; 100])?),
    )
}

fn send(_: &Place, meter: &mut Meter) -> io::Result<()> {
    const SIZE: usize = 64 << 10;
    file("file", SIZE)?;
    let from = fs::File::open("file")?;
    let to = fs::File::options().write(true).open("/dev/null")?;
    meter.measure(5, || {
        let mut offset = 0;
        Ok(sendfile(&to, &from, Some(&mut offset), SIZE)?)
    })
}

fn copy(_: &Place, meter: &mut Meter) -> io::Result<()> {
    const SIZE: usize = 4 << 10;
    file("from", SIZE)?;
    file("to", SIZE)?;
    let from = fs::File::open("from")?;
    let to = fs::File::options().write(true).open("to")?;
    meter.measure(10, || {
        let (mut source, mut target) = (0, 0);
        Ok(copy_file_range(
            &from,
            Some(&mut source),
            &to,
            Some(&mut target),
            SIZE,
        )?)
    })
}

fn seek_data(_: &Place, meter: &mut Meter) -> io::Result<()> {
    file("file", 4 << 10)?;
    let open = fs::File::open("file")?;
    meter.measure(50, || Ok(seek(&open, SeekFrom::Data(0))?))
}

fn allocate(_: &Place, meter: &mut Meter) -> io::Result<()> {
    let open = fs::File::create("file")?;
    meter.measure_prepared(
        1,
        || Ok(ftruncate(&open, 0)?),
        |_| Ok(fallocate(&open, FallocateFlags::empty(), 0, 4 << 10)?),
    )
}

fn truncate(_: &Place, meter: &mut Meter) -> io::Result<()> {
    let open = fs::File::create("file")?;
    let mut size = 0;
    meter.measure(20, || {
        size ^= 1;
        Ok(ftruncate(&open, size)?)
    })
}
