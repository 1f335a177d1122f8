// SPDX-License-Identifier: GPL-2.0

//! Mappings.

use std::fs;
use std::io;
use std::ptr::null_mut;

use rustix::mm::{mmap, munmap, MapFlags, ProtFlags};

use crate::meter::Meter;
use crate::operation::{file, Operation, Place};

pub const OPERATIONS: &[Operation] = &[
    Operation {
        name: "mmap, munmap",
        run: map,
    },
    Operation {
        name: "mmap, 64 faults, munmap",
        run: fault,
    },
];

const PAGE: usize = 4 << 10;
const PAGES: usize = 64;

fn map(_: &Place, meter: &mut Meter) -> io::Result<()> {
    map_and(meter, 20, 0)
}

fn fault(_: &Place, meter: &mut Meter) -> io::Result<()> {
    map_and(meter, 1, PAGES)
}

/// Maps a file for writing, writes to its first `touched` pages, and ends the mapping.
fn map_and(meter: &mut Meter, repeat: u32, touched: usize) -> io::Result<()> {
    file("file", PAGES * PAGE)?;
    let open = fs::File::options().read(true).write(true).open("file")?;
    let access = ProtFlags::READ | ProtFlags::WRITE;
    meter.measure(repeat, || {
        // SAFETY: With a null address and no MAP_FIXED, the kernel picks an unused range.
        let start = unsafe { mmap(null_mut(), PAGES * PAGE, access, MapFlags::SHARED, &open, 0) }?;
        for page in 0..touched {
            // SAFETY: The range is mapped for writing, and nobody shortens the file.
            unsafe { start.cast::<u8>().add(page * PAGE).write_volatile(1) };
        }
        // SAFETY: The range is that mapped above, and nothing refers to it.
        Ok(unsafe { munmap(start, PAGES * PAGE) }?)
    })
}
