// SPDX-License-Identifier: GPL-2.0

//! Direct I/O.

use rustix::fs::OFlags;
use rustix::io::{pread, pwrite, Errno};

use crate::case::{Case, Run};
use crate::ops::{pattern, with_aligned_buffer, File, ALIGNMENT, CREATE, RDWR};
use crate::outcome::{Expect, Outcome};
use crate::show::errno_name;
use crate::skipped;
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "direct_io",
    about:
        "O_DIRECT reads and writes, aligned and not, coherent with the page cache of both layers",
    risk: "data of programs that use O_DIRECT (databases, virtual machines) may be lost or stale",
    run: Run::Compared(run),
};

fn run(dir: &TestDir) -> Outcome {
    dir.write_file("f", &pattern(21, 6 * ALIGNMENT))?;
    let file = match dir.open("f", RDWR | OFlags::DIRECT) {
        Ok(file) => file,
        // The open was compared.
        Err(errno) => {
            let why = format!(
                "the lower filesystem refuses O_DIRECT ({})",
                errno_name(errno)
            );
            skipped::report("direct transfers", &why);
            return Ok(());
        }
    };
    file.flags()?;
    read(dir, &file, 2 * ALIGNMENT, ALIGNMENT as u64)?;
    write(dir, &file, &pattern(22, ALIGNMENT), 2 * ALIGNMENT as u64)?;
    dir.read_file("f")?;
    dir.below().read_file("f")?;

    // Direct reads see buffered writes of both layers, and buffered reads see direct writes.
    dir.open("f", RDWR)?.pwrite(b"buffered above", 10)?;
    read(dir, &file, ALIGNMENT, 0)?;
    dir.below()
        .open("f", RDWR)?
        .pwrite(b"buffered below", 100)?;
    read(dir, &file, ALIGNMENT, 0)?;
    write(
        dir,
        &file,
        &pattern(23, 2 * ALIGNMENT),
        6 * ALIGNMENT as u64,
    )?;
    dir.lstat("f")?;
    dir.below().read_file("f")?;
    read(dir, &file, 4 * ALIGNMENT, 7 * ALIGNMENT as u64)?;
    read(dir, &file, ALIGNMENT, 100 * ALIGNMENT as u64)?;

    // The lower filesystem may refuse misaligned transfers.
    read(dir, &file, 100, 0).compared();
    read(dir, &file, ALIGNMENT, 3).compared();
    write(dir, &file, b"short", 0).compared();
    dir.read_file("f")?;

    let appending = dir.open("g", CREATE | OFlags::DIRECT | OFlags::APPEND)?;
    write(dir, &appending, &pattern(24, ALIGNMENT), 0)?;
    write(dir, &appending, &pattern(25, ALIGNMENT), 0)?;
    dir.read_file("g")?;
    file.set_flags(OFlags::empty())?;
    file.pread(10, 3)?;
    file.set_flags(OFlags::DIRECT)?;
    // No filesystem transfers a part of a block directly, so some refuse it.
    file.pread(10, 1).compared();
    read(dir, &file, ALIGNMENT, 0)?;
    Ok(())
}

fn read(dir: &TestDir, file: &File, length: usize, offset: u64) -> Result<Vec<u8>, Errno> {
    dir.step(
        format!("direct read {} {length} at {offset}", file.name()),
        || {
            with_aligned_buffer(length, |buffer| {
                pread(file, &mut *buffer, offset).map(|length| buffer[..length].to_vec())
            })
        },
    )
}

fn write(dir: &TestDir, file: &File, data: &[u8], offset: u64) -> Result<usize, Errno> {
    dir.step(
        format!("direct write {} {} at {offset}", file.name(), data.len()),
        || {
            with_aligned_buffer(data.len(), |buffer| {
                buffer.copy_from_slice(data);
                pwrite(file, buffer, offset)
            })
        },
    )
}
