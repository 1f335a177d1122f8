// SPDX-License-Identifier: GPL-2.0

//! Reading and writing past the page cache.

use rustix::fs::OFlags;
use rustix::io::{pread, pwrite, Errno};

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::{aligned, pattern, File, ALIGNMENT, CREATE, RDWR};
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "direct_io",
    about:
        "O_DIRECT reads and writes, aligned and not, coherent with the page cache of both layers",
    risk: "data of programs that use O_DIRECT (databases, virtual machines) may be lost or stale",
    run: Run::Compared(run),
};

fn run(w: &World) -> Outcome {
    w.write_file("f", &pattern(21, 6 * ALIGNMENT))?;
    let file = match w.open("f", RDWR | OFlags::DIRECT) {
        Ok(file) => file,
        // A lower filesystem without O_DIRECT says so, and has to above, too.
        Err(_) => return Ok(()),
    };
    file.flags()?;
    read(w, &file, 2 * ALIGNMENT, ALIGNMENT as u64)?;
    write(w, &file, &pattern(22, ALIGNMENT), 2 * ALIGNMENT as u64)?;
    w.read_file("f")?;
    w.below().read_file("f")?;

    // Buffered writes are seen by direct reads, on both layers, and the other way round.
    w.open("f", RDWR)?.pwrite(b"buffered above", 10)?;
    read(w, &file, ALIGNMENT, 0)?;
    w.below().open("f", RDWR)?.pwrite(b"buffered below", 100)?;
    read(w, &file, ALIGNMENT, 0)?;
    write(w, &file, &pattern(23, 2 * ALIGNMENT), 6 * ALIGNMENT as u64)?;
    w.lstat("f")?;
    w.below().read_file("f")?;
    read(w, &file, 4 * ALIGNMENT, 7 * ALIGNMENT as u64)?;
    read(w, &file, ALIGNMENT, 100 * ALIGNMENT as u64)?;

    // What is not aligned, the lower filesystem may refuse.
    read(w, &file, 100, 0).either();
    read(w, &file, ALIGNMENT, 3).either();
    write(w, &file, b"short", 0).either();
    w.read_file("f")?;

    let appending = w.open("g", CREATE | OFlags::DIRECT | OFlags::APPEND)?;
    write(w, &appending, &pattern(24, ALIGNMENT), 0)?;
    write(w, &appending, &pattern(25, ALIGNMENT), 0)?;
    w.read_file("g")?;
    file.set_flags(OFlags::empty())?;
    file.pread(10, 3)?;
    file.set_flags(OFlags::DIRECT)?;
    read(w, &file, ALIGNMENT, 0)?;
    Ok(())
}

fn read(w: &World, file: &File, length: usize, offset: u64) -> Result<Vec<u8>, Errno> {
    w.step(
        format!("direct read {} {length} at {offset}", file.name()),
        || {
            aligned(length, |buffer| {
                pread(file, &mut *buffer, offset).map(|length| buffer[..length].to_vec())
            })
        },
    )
}

fn write(w: &World, file: &File, data: &[u8], offset: u64) -> Result<usize, Errno> {
    w.step(
        format!("direct write {} {} at {offset}", file.name(), data.len()),
        || {
            aligned(data.len(), |buffer| {
                buffer.copy_from_slice(data);
                pwrite(file, buffer, offset)
            })
        },
    )
}
