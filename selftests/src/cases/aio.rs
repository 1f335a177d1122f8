// SPDX-License-Identifier: GPL-2.0

//! Asynchronous I/O.

use std::sync::{Mutex, OnceLock, PoisonError};

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{pattern, with_aligned_buffer, File, Queue, Transfer, ALIGNMENT, CREATE, RDONLY};
use crate::outcome::Outcome;
use crate::skipped;
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "aio",
    about: "io_submit: buffered and direct transfers, several at a time, growing files, failures, fsync",
    risk: "data of programs that use asynchronous I/O (databases) may be lost or wrong",
    run: Run::Compared(run),
};

/// How many transfers are submitted at a time.
const AT_ONCE: usize = 8;

/// The queue of both runs of the case. The limit of queues (fs.aio-max-nr) holds for the whole
/// machine: with a queue for each run, another process could take the last one between the two.
static QUEUE: OnceLock<Result<Mutex<Queue>, Errno>> = OnceLock::new();

fn run(dir: &TestDir) -> Outcome {
    let queue = match QUEUE.get_or_init(|| Queue::new(AT_ONCE).map(Mutex::new)) {
        Ok(queue) => queue,
        Err(Errno::NOSYS) => {
            skipped::report("asynchronous transfers", "the kernel has no CONFIG_AIO");
            return Ok(());
        }
        Err(Errno::AGAIN) => {
            let why = "other processes use all that fs.aio-max-nr allows";
            skipped::report("asynchronous transfers", why);
            return Ok(());
        }
        Err(other) => return Err((*other).into()),
    };
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    for (name, flags) in [
        ("buffered", OFlags::empty()),
        ("direct", OFlags::DIRECT),
        ("synchronous", OFlags::DIRECT | OFlags::SYNC),
        ("appending", OFlags::APPEND),
    ] {
        dir.write_file(name, &pattern(51, 4 * ALIGNMENT))?;
        let Ok(file) = dir.open(name, CREATE | flags) else {
            continue;
        };
        transfers(dir, &file, &mut queue);
        dir.lstat(name)?;
        dir.read_file(name)?;
        dir.below().read_file(name)?;
    }
    let reading = dir.open("buffered", RDONLY)?;
    let wrong = queue.run(&reading, &mut [(Transfer::Write(b"x"), 0)]);
    dir.record("a write to a file open for reading", &format!("{wrong:?}"));
    Ok(())
}

fn transfers(dir: &TestDir, file: &File, queue: &mut Queue) {
    let name = file.name();
    let length = AT_ONCE * ALIGNMENT;
    let offset_of = |at: usize| (at * ALIGNMENT) as i64;
    let mut run = |what: &str, mut list: Vec<(Transfer, i64)>| {
        dir.record(
            format!("{what} {name}"),
            &format!("{:?}", queue.run(file, &mut list)),
        );
    };
    // Reads beyond the end are short.
    with_aligned_buffer(length, |buffer| {
        let parts = buffer.chunks_mut(ALIGNMENT).enumerate();
        run(
            "reads of",
            parts
                .map(|(at, part)| (Transfer::Read(part), offset_of(at)))
                .collect(),
        );
        dir.record("the data", &buffer.to_vec());
    });
    // One write that extends the file, and then several at a time. The latter have equal data:
    // appending writes may happen in any order.
    with_aligned_buffer(length, |buffer| {
        buffer[..ALIGNMENT].copy_from_slice(&pattern(52, ALIGNMENT));
        run(
            "a write to",
            vec![(Transfer::Write(&buffer[..ALIGNMENT]), offset_of(4))],
        );
        buffer
            .chunks_mut(ALIGNMENT)
            .for_each(|part| part.copy_from_slice(&pattern(53, ALIGNMENT)));
        let parts = buffer.chunks(ALIGNMENT).enumerate();
        run(
            "writes to",
            parts
                .map(|(at, part)| (Transfer::Write(part), offset_of(at + 5)))
                .collect(),
        );
    });
    run("fsync of", vec![(Transfer::Sync, 0)]);
    with_aligned_buffer(ALIGNMENT, |buffer| {
        run(
            "a read far beyond the end of",
            vec![(Transfer::Read(buffer), offset_of(1_000))],
        )
    });
    with_aligned_buffer(ALIGNMENT, |buffer| {
        run(
            "a read at an unaligned offset of",
            vec![(Transfer::Read(buffer), 3)],
        )
    });
}
