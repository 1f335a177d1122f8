// SPDX-License-Identifier: GPL-2.0

//! Asynchronous I/O by io_uring. It uses a file's abilities to read and write without waiting.

use rustix::fs::{fadvise, Advice, OFlags};
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{
    is_closed_by_worker, pattern, with_aligned_buffer, File, Kind, Ring, Transfer, ALIGNMENT,
    CREATE, RDONLY, WRONLY,
};
use crate::outcome::Outcome;
use crate::skipped;
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "io_uring",
    about:
        "io_uring: buffered and direct transfers of cached and uncached data, growing files, fsync, close",
    risk: "data of programs that use io_uring may be lost or wrong",
    run: Run::Compared(run),
};

/// RWF_NOAPPEND and RWF_DONTCACHE of pwritev2(2).
const NOAPPEND: i32 = 0x20;
const DONTCACHE: i32 = 0x80;

fn run(dir: &TestDir) -> Outcome {
    let mut ring = match Ring::new() {
        Ok(ring) => ring,
        Err(Errno::NOSYS | Errno::PERM) => {
            let why = "the kernel has no io_uring, or its settings forbid it";
            skipped::report("transfers by io_uring", why);
            return Ok(());
        }
        Err(other) => return Err(other.into()),
    };
    for (name, flags) in [
        ("buffered", OFlags::empty()),
        ("direct", OFlags::DIRECT),
        ("synchronous", OFlags::SYNC),
        ("appending", OFlags::APPEND),
    ] {
        dir.write_file(name, &pattern(61, 16 * ALIGNMENT))?;
        let Ok(file) = dir.open(name, CREATE | flags) else {
            continue;
        };
        transfers(dir, &file, &mut ring);
        dir.lstat(name)?;
        dir.read_file(name)?;
        dir.below().read_file(name)?;
    }
    closing(dir, &mut ring)
}

/// A file is closed when io_uring says so: a lease can be had at once. A worker thread may be late.
fn closing(dir: &TestDir, ring: &mut Ring) -> Outcome {
    let path = dir.path("closed");
    dir.record("a worker closes files", &is_closed_by_worker(&path));
    if !dir.closes_at_once() {
        return Ok(());
    }
    dir.write_file("closed", b"content")?;
    let reader = dir.open("closed", RDONLY)?;
    let result = ring.close(dir.open("closed", WRONLY)?);
    dir.record("closing by io_uring", &result);
    reader.set_lease(Kind::Read)?;
    Ok(())
}

fn transfers(dir: &TestDir, file: &File, ring: &mut Ring) {
    let name = file.name();
    let mut run = |what: &str, transfer: Transfer, offset: usize, flags: i32| {
        let result = ring.run(file, transfer, offset as u64, flags);
        dir.record(
            format!("{what} {name} at {offset}, flags {flags:x}"),
            &result,
        );
    };
    for (cached, flags) in [(true, 0), (false, 0), (false, DONTCACHE)] {
        if !cached {
            run("fsync of", Transfer::Sync, 0, 0);
            // Of clean pages, which this drops, there are no others.
            let _ = fadvise(file, 0, None, Advice::DontNeed);
        }
        with_aligned_buffer(8 * ALIGNMENT, |buffer| {
            run("a read of", Transfer::Read(buffer), 4 * ALIGNMENT, flags);
            dir.record("the data", &buffer.to_vec());
        });
        with_aligned_buffer(2 * ALIGNMENT, |buffer| {
            buffer.copy_from_slice(&pattern(62, 2 * ALIGNMENT));
            run("a write to", Transfer::Write(buffer), ALIGNMENT, flags);
            run(
                "a write that extends",
                Transfer::Write(buffer),
                20 * ALIGNMENT,
                flags,
            );
            run(
                "a write without appending to",
                Transfer::Write(buffer),
                0,
                flags | NOAPPEND,
            );
        });
    }
    with_aligned_buffer(ALIGNMENT, |buffer| {
        run(
            "a read at an unaligned offset of",
            Transfer::Read(buffer),
            3,
            0,
        );
    });
    with_aligned_buffer(ALIGNMENT, |buffer| {
        run(
            "a read far beyond the end of",
            Transfer::Read(buffer),
            1_000 * ALIGNMENT,
            0,
        );
    });
    run("a read of nothing from", Transfer::Read(&mut []), 0, 0);
    run("a write of nothing to", Transfer::Write(&[]), 0, 0);
    run("fsync of", Transfer::Sync, 0, 0);
}
