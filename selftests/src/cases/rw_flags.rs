// SPDX-License-Identifier: GPL-2.0

//! The flags of preadv2(2) and pwritev2(2), and transfers of no bytes.

use std::io::{IoSlice, IoSliceMut};

use rustix::fs::{statx, AtFlags, OFlags, StatxFlags};
use rustix::io::{preadv2, pwritev2, Errno, ReadWriteFlags};

use crate::case::{Case, Run};
use crate::ops::{pattern, with_aligned_buffer, File, ALIGNMENT, ATIME_DUE, CREATE, RDONLY, RDWR};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "rw_flags",
    about: "preadv2 and pwritev2: RWF_APPEND, NOAPPEND, DONTCACHE, ATOMIC and others; transfers of no bytes",
    risk: "programs that use these flags (databases) fail, or their data is torn or in the wrong place",
    run: Run::Compared(run),
};

const NOAPPEND: ReadWriteFlags = ReadWriteFlags::from_bits_retain(0x20);
const ATOMIC: ReadWriteFlags = ReadWriteFlags::from_bits_retain(0x40);
const DONTCACHE: ReadWriteFlags = ReadWriteFlags::from_bits_retain(0x80);
const NOSIGNAL: ReadWriteFlags = ReadWriteFlags::from_bits_retain(0x100);
const UNKNOWN: ReadWriteFlags = ReadWriteFlags::from_bits_retain(0x4000_0000);

fn run(dir: &TestDir) -> Outcome {
    for (name, flags) in [
        ("plain", OFlags::empty()),
        ("appending", OFlags::APPEND),
        ("synchronous", OFlags::SYNC),
    ] {
        dir.write_file(name, &pattern(71, 3 * ALIGNMENT))?;
        let file = dir.open(name, CREATE | flags)?;
        each_flag(&file);
        file.fstat()?;
        dir.below().read_file(name)?;
    }
    cached_or_not(dir)?;
    atomic(dir)?;
    nothing(dir)
}

fn each_flag(file: &File) {
    for flags in [
        ReadWriteFlags::APPEND,
        NOAPPEND,
        NOAPPEND | ReadWriteFlags::APPEND,
        DONTCACHE,
        DONTCACHE | NOAPPEND | ReadWriteFlags::DSYNC,
        ATOMIC,
        NOSIGNAL,
        ReadWriteFlags::HIPRI,
        ReadWriteFlags::SYNC,
        UNKNOWN,
    ] {
        file.pwritev2(&[b"one ", b"two"], 100, flags).compared();
        file.preadv2(&[3, 50], 98, flags).compared();
    }
}

/// Two writes without the cache, the second of which extends the file.
fn cached_or_not(dir: &TestDir) -> Outcome {
    let file = dir.open("dropped", CREATE)?;
    file.pwritev2(&[&pattern(72, 9_000)], 0, DONTCACHE)
        .compared();
    file.pwritev2(&[&pattern(73, 9_000)], 5_000, DONTCACHE)
        .compared();
    file.fsync()?;
    file.preadv2(&[20_000], 0, DONTCACHE).compared();
    file.preadv2(&[20_000], 10, ReadWriteFlags::empty())?;
    Ok(())
}

/// Writes of one block that are atomic, where the filesystem can do it, and their limits.
fn atomic(dir: &TestDir) -> Outcome {
    const WRITE_ATOMIC: StatxFlags = StatxFlags::from_bits_retain(0x1_0000);
    for (name, flags) in [
        ("atomic", OFlags::DIRECT),
        ("atomic-buffered", OFlags::empty()),
    ] {
        dir.write_file(name, &pattern(74, 4 * ALIGNMENT))?;
        let Ok(file) = dir.open(name, RDWR | flags) else {
            continue;
        };
        file.fsync()?;
        dir.step(format!("the limits of atomic writes to {name}"), || {
            let found = statx(&file, "", AtFlags::EMPTY_PATH, WRITE_ATOMIC)?;
            Ok(format!(
                "{} to {}, {} segments, attributes {:x}",
                found.stx_atomic_write_unit_min,
                found.stx_atomic_write_unit_max,
                found.stx_atomic_write_segments_max,
                found.stx_attributes.bits()
            ))
        })?;
        with_aligned_buffer(2 * ALIGNMENT, |buffer| {
            buffer.copy_from_slice(&pattern(75, 2 * ALIGNMENT));
            for (length, offset) in [
                (ALIGNMENT, ALIGNMENT),
                (ALIGNMENT, 0),
                (2 * ALIGNMENT, ALIGNMENT),
                (512, 512),
            ] {
                let parts = [IoSlice::new(&buffer[..length])];
                dir.step(format!("an atomic write of {length} at {offset}"), || {
                    pwritev2(&file, &parts, offset as u64, ATOMIC)
                })
                .compared();
            }
            let mut parts = [IoSliceMut::new(buffer)];
            dir.step("an atomic read", || preadv2(&file, &mut parts, 0, ATOMIC))
                .compared();
        });
        dir.below().read_file(name)?;
    }
    Ok(())
}

/// Transfers of no bytes: what they return, and the times that they change.
fn nothing(dir: &TestDir) -> Outcome {
    dir.write_file("nothing", b"some")?;
    dir.utimens(
        "nothing",
        ATIME_DUE.last_access,
        ATIME_DUE.last_modification,
    )?;
    for flags in [OFlags::empty(), OFlags::APPEND, OFlags::DIRECT] {
        let Ok(file) = dir.open("nothing", RDWR | flags) else {
            continue;
        };
        dir.record_times("read nothing", "nothing", || file.read(0))?;
        dir.record_times("read nothing far away", "nothing", || {
            file.pread(0, 1 << 40)
        })?;
        dir.record_times("write nothing", "nothing", || file.write(b""))?;
        dir.record_times("write nothing far away", "nothing", || {
            file.pwrite(b"", 1 << 40)
        })?;
        file.pwritev2(&[b"", b""], 0, DONTCACHE).compared();
    }
    dir.open("nothing", RDONLY)?
        .write(b"")
        .refused(Errno::BADF)?;
    Ok(())
}
