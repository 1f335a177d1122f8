// SPDX-License-Identifier: GPL-2.0

//! Asynchronous reading and writing.

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::case::{Case, Outcome, Run};
use crate::ops::{aligned, pattern, submit, File, Transfer, ALIGNMENT, CREATE};
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "aio",
    about: "io_submit: buffered and direct transfers, several under way at once, growing files, failures, fsync",
    run: Run::Compared(run),
};

/// How many transfers are under way at once.
const AT_ONCE: usize = 8;

fn run(w: &World) -> Outcome {
    for (name, flags) in [
        ("buffered", OFlags::empty()),
        ("direct", OFlags::DIRECT),
        ("synchronous", OFlags::DIRECT | OFlags::SYNC),
        ("appending", OFlags::APPEND),
    ] {
        w.write_file(name, &pattern(51, 4 * ALIGNMENT))?;
        let Ok(file) = w.open(name, CREATE | flags) else {
            continue;
        };
        match transfers(w, &file) {
            // A kernel may be built without these calls.
            Err(Errno::NOSYS) => return Ok(()),
            other => other?,
        }
        w.lstat(name)?;
        w.read_file(name)?;
        w.below().read_file(name)?;
    }
    w.open("buffered", crate::ops::RDONLY).map(|file| {
        let _ = w.step("write to a file open for reading", || {
            results(&file, &mut [(Transfer::Write(b"x"), 0)])
        });
    })?;
    Ok(())
}

fn transfers(w: &World, file: &File) -> Result<(), Errno> {
    let name = file.name();
    let length = AT_ONCE * ALIGNMENT;
    let split = |at: usize| (at * ALIGNMENT) as i64;
    // Reads that go past the end are short.
    w.step(format!("reads of {name}"), || {
        aligned(length, |buffer| {
            let parts = buffer.chunks_mut(ALIGNMENT).enumerate();
            let mut list: Vec<_> = parts
                .map(|(at, part)| (Transfer::Read(part), split(at)))
                .collect();
            let results = results(file, &mut list)?;
            drop(list);
            Ok(format!(
                "{results} {}",
                crate::show::Show::show(&buffer.to_vec())
            ))
        })
    })?;
    // Writes make the file longer, one by one and many at once.
    w.step(format!("a write to {name}"), || {
        aligned(ALIGNMENT, |buffer| {
            buffer.copy_from_slice(&pattern(52, ALIGNMENT));
            results(file, &mut [(Transfer::Write(buffer), split(4))])
        })
    })?;
    w.step(format!("writes to {name}"), || {
        aligned(length, |buffer| {
            // All alike, since the order in which appending writes arrive is not certain.
            buffer
                .chunks_mut(ALIGNMENT)
                .for_each(|part| part.copy_from_slice(&pattern(53, ALIGNMENT)));
            let parts = buffer.chunks(ALIGNMENT).enumerate();
            let mut list: Vec<_> = parts
                .map(|(at, part)| (Transfer::Write(part), split(at + 5)))
                .collect();
            results(file, &mut list)
        })
    })?;
    w.step(format!("fsync of {name}"), || {
        results(file, &mut [(Transfer::Sync, 0)])
    })?;
    w.step(format!("a read of {name} far behind the end"), || {
        aligned(ALIGNMENT, |buffer| {
            results(file, &mut [(Transfer::Read(buffer), split(1_000))])
        })
    })?;
    w.step(format!("a read of {name} at an odd place"), || {
        aligned(ALIGNMENT, |buffer| {
            results(file, &mut [(Transfer::Read(buffer), 3)])
        })
    })?;
    Ok(())
}

fn results(file: &File, list: &mut [(Transfer, i64)]) -> Result<String, Errno> {
    submit(file, list).map(|results| format!("{results:?}"))
}
