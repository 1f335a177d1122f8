// SPDX-License-Identifier: GPL-2.0

//! Operations on open files and their data.

use std::io::{IoSlice, IoSliceMut};

use rustix::fd::AsFd;
use rustix::fs::{
    copy_file_range, fadvise, fallocate, fcntl_getfl, fcntl_setfl, fdatasync, fstat, fsync,
    ftruncate, ioctl_ficlone, open, seek, sendfile, syncfs, Advice, FallocateFlags, FileType, Mode,
    OFlags, SeekFrom,
};
use rustix::io::{dup, pread, preadv2, pwrite, pwritev2, read, write, Errno, ReadWriteFlags};

use super::{attributes, done, ANY_OFFSET, LENGTH, OFFSET, PLACE, SEED, SLOT};
use crate::explore::calls;
use crate::explore::hand::left_out;
use crate::explore::operation::{Answer, Kind, Scope};
use crate::explore::word::{Domain, Named};
use crate::ops::{pattern, with_aligned_buffer};
use crate::show::Show;

const STATUS_FLAGS: &[Named] = &[
    ("APPEND", libc::O_APPEND as u64),
    ("NOATIME", libc::O_NOATIME as u64),
    ("DIRECT", libc::O_DIRECT as u64),
    ("ASYNC", libc::O_ASYNC as u64),
];

const ALLOCATE: Domain = Domain::Flags(&[
    ("KEEP_SIZE", 0x01),
    ("PUNCH_HOLE", 0x02),
    ("COLLAPSE_RANGE", 0x08),
    ("ZERO_RANGE", 0x10),
    ("INSERT_RANGE", 0x20),
    ("UNSHARE_RANGE", 0x40),
    ("WRITE_ZEROES", 0x80),
]);

const WHENCE: Domain =
    Domain::OneOf(&[("SET", 0), ("CUR", 1), ("END", 2), ("DATA", 3), ("HOLE", 4)]);

const READ_FLAGS: Domain = Domain::Flags(&[("HIPRI", 1), ("DSYNC", 2), ("DONTCACHE", 0x80)]);
const WRITE_FLAGS: Domain = Domain::Flags(&[
    ("DSYNC", 2),
    ("SYNC", 4),
    ("APPEND", 0x10),
    ("NOAPPEND", 0x20),
    ("ATOMIC", 0x40),
    ("DONTCACHE", 0x80),
]);

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "close",
        weight: 6,
        arguments: &[SLOT],
        scope: Scope::Everywhere,
        perform: |hand, words| hand.take(words.size(0)).map(done),
    },
    Kind {
        name: "dup",
        weight: 3,
        arguments: &[SLOT, SLOT],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let file = dup(hand.file(words.size(0))?)?;
            hand.put(words.size(1), file)
        },
    },
    Kind {
        name: "write",
        weight: 14,
        arguments: &[SLOT, LENGTH, SEED],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let file = hand.file(words.size(0))?;
            if may_write_part(file, words.size(1))? {
                return left_out("part-of-a-direct-write");
            }
            with_data(words.size(1), words.number(2), |data| write(file, data)).map(|n| n.show())
        },
    },
    Kind {
        name: "read",
        weight: 10,
        arguments: &[SLOT, LENGTH],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let file = hand.file(words.size(0))?;
            into_buffer(words.size(1), |buffer| read(file, buffer))
        },
    },
    Kind {
        name: "pwrite",
        weight: 10,
        arguments: &[SLOT, LENGTH, OFFSET, SEED],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let file = hand.file(words.size(0))?;
            if may_write_part(file, words.size(1))? {
                return left_out("part-of-a-direct-write");
            }
            let offset = words.number(2);
            with_data(words.size(1), words.number(3), |data| {
                pwrite(file, data, offset)
            })
            .map(|n| n.show())
        },
    },
    Kind {
        name: "pread",
        weight: 6,
        arguments: &[SLOT, LENGTH, OFFSET],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let file = hand.file(words.size(0))?;
            let offset = words.number(2);
            into_buffer(words.size(1), |buffer| pread(file, buffer, offset))
        },
    },
    Kind {
        name: "preadv2",
        weight: 2,
        arguments: &[SLOT, LENGTH, OFFSET, READ_FLAGS],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let file = hand.file(words.size(0))?;
            let (offset, flags) = (
                words.number(2),
                ReadWriteFlags::from_bits_retain(words.bits(3)),
            );
            into_buffer(words.size(1), |buffer| {
                preadv2(file, &mut [IoSliceMut::new(buffer)], offset, flags)
            })
        },
    },
    Kind {
        name: "pwritev2",
        weight: 3,
        arguments: &[SLOT, LENGTH, OFFSET, WRITE_FLAGS],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let file = hand.file(words.size(0))?;
            if may_write_part(file, words.size(1))? {
                return left_out("part-of-a-direct-write");
            }
            let (offset, flags) = (
                words.number(2),
                ReadWriteFlags::from_bits_retain(words.bits(3)),
            );
            with_data(words.size(1), 7, |data| {
                pwritev2(file, &[IoSlice::new(data)], offset, flags)
            })
            .map(|n| n.show())
        },
    },
    Kind {
        name: "lseek",
        weight: 4,
        arguments: &[SLOT, ANY_OFFSET, WHENCE],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let file = hand.file(words.size(0))?;
            let offset = words.number(1);
            if words.number(2) >= 3 && i64::try_from(offset).is_err() {
                return left_out("data-after-a-negative-offset");
            }
            let to = match words.number(2) {
                0 => SeekFrom::Start(offset),
                1 => SeekFrom::Current(offset as i64),
                2 => SeekFrom::End(offset as i64),
                3 => SeekFrom::Data(offset),
                _ => SeekFrom::Hole(offset),
            };
            if words.number(2) >= 3 {
                // What was written to preallocated space may be data, or a hole until then.
                let _ = fdatasync(file);
            }
            // The end of a directory is where its filesystem wants it.
            seek(file, to).map(|position| match is_directory(file) {
                true => done(position),
                false => position.show(),
            })
        },
    },
    Kind {
        name: "truncate",
        weight: 5,
        arguments: &[PLACE, ANY_OFFSET],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let path = hand.path(words.place(0))?;
            // It would wait for the end of a lease, for which opening the file does not.
            let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
            match open(&path, flags, Mode::empty()) {
                Err(Errno::AGAIN) => Err(Errno::AGAIN),
                _ => calls::truncate(&path, words.number(1)),
            }
        },
    },
    Kind {
        name: "ftruncate",
        weight: 5,
        arguments: &[SLOT, ANY_OFFSET],
        scope: Scope::Everywhere,
        perform: |hand, words| ftruncate(hand.file(words.size(0))?, words.number(1)).map(done),
    },
    Kind {
        name: "fallocate",
        weight: 5,
        arguments: &[SLOT, OFFSET, LENGTH, ALLOCATE],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let mode = FallocateFlags::from_bits_retain(words.bits(3));
            let (offset, length) = (words.number(1), words.number(2));
            fallocate(hand.file(words.size(0))?, mode, offset, length).map(done)
        },
    },
    Kind {
        name: "fsync",
        weight: 1,
        arguments: &[SLOT],
        scope: Scope::Everywhere,
        perform: |hand, words| fsync(hand.file(words.size(0))?).map(done),
    },
    Kind {
        name: "fdatasync",
        weight: 1,
        arguments: &[SLOT],
        scope: Scope::Everywhere,
        perform: |hand, words| fdatasync(hand.file(words.size(0))?).map(done),
    },
    Kind {
        name: "syncfs",
        weight: 1,
        arguments: &[SLOT],
        scope: Scope::Everywhere,
        perform: |hand, words| syncfs(hand.file(words.size(0))?).map(done),
    },
    Kind {
        name: "fstat",
        weight: 6,
        arguments: &[SLOT],
        scope: Scope::Everywhere,
        perform: |hand, words| fstat(hand.file(words.size(0))?).map(|stat| attributes(&stat)),
    },
    Kind {
        name: "get-flags",
        weight: 2,
        arguments: &[SLOT],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let flags = fcntl_getfl(hand.file(words.size(0))?)?;
            Ok(format!("{:o}", flags.bits()))
        },
    },
    Kind {
        name: "set-flags",
        weight: 3,
        arguments: &[SLOT, Domain::Flags(STATUS_FLAGS)],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let flags = OFlags::from_bits_retain(words.bits(1)) | OFlags::NONBLOCK;
            let file = hand.file(words.size(0))?;
            let is_noatime = flags.contains(OFlags::NOATIME);
            if is_noatime && FileType::from_raw_mode(fstat(file)?.st_mode) == FileType::Directory {
                return left_out("noatime-without-use");
            }
            fcntl_setfl(file, flags)?;
            if is_noatime {
                // This use is the first one. The owner may change after it.
                let _ = pread(file, &mut [0; 0], 0);
            }
            Ok(done(()))
        },
    },
    Kind {
        name: "copy-range",
        weight: 4,
        arguments: &[SLOT, OFFSET, SLOT, OFFSET, LENGTH],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (from, to) = (hand.file(words.size(0))?, hand.file(words.size(2))?);
            if may_write_part(to, words.size(4))? {
                return left_out("part-of-a-direct-write");
            }
            // As programs do that copy files. docs/behaviour.md says what a change below does otherwise.
            fstat(from)?;
            fstat(to)?;
            let (mut from_offset, mut to_offset) = (words.number(1), words.number(3));
            all_of(words.size(4), |rest| {
                copy_file_range(from, Some(&mut from_offset), to, Some(&mut to_offset), rest)
            })
        },
    },
    Kind {
        name: "clone",
        weight: 2,
        arguments: &[SLOT, SLOT],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (to, from) = (hand.file(words.size(0))?, hand.file(words.size(1))?);
            ioctl_ficlone(to, from).map(done)
        },
    },
    Kind {
        name: "fadvise",
        weight: 1,
        arguments: &[SLOT, OFFSET, LENGTH],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let length = std::num::NonZeroU64::new(words.number(2));
            let file = hand.file(words.size(0))?;
            fadvise(file, words.number(1), length, Advice::DontNeed).map(done)
        },
    },
    Kind {
        name: "limit-size",
        weight: 1,
        arguments: &[Domain::Number(&[1 << 30, 4_096, 0, 5_000])],
        scope: Scope::Everywhere,
        perform: |_, words| calls::limit_file_size(Some(words.number(0))),
    },
    Kind {
        name: "sendfile",
        weight: 2,
        arguments: &[SLOT, SLOT, OFFSET, LENGTH],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (to, from) = (hand.file(words.size(0))?, hand.file(words.size(1))?);
            if may_write_part(to, words.size(3))? {
                return left_out("part-of-a-direct-write");
            }
            let mut offset = words.number(2);
            let stat = fstat(from)?;
            let has_data = match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => words.size(3) > 0 && offset < stat.st_size as u64,
                kind => kind != FileType::Directory,
            };
            if !has_data {
                return left_out("access-without-data");
            }
            if fcntl_getfl(from)?.contains(OFlags::DIRECT) {
                return left_out("access-of-direct-reads");
            }
            all_of(words.size(3), |rest| {
                sendfile(to, from, Some(&mut offset), rest)
            })
        },
    },
];

fn is_directory(file: rustix::fd::BorrowedFd) -> bool {
    fstat(file).is_ok_and(|stat| {
        rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::Directory
    })
}

/// Repeats a call that may move less than it was asked to, until it moves nothing.
fn all_of(length: usize, mut call: impl FnMut(usize) -> Result<usize, Errno>) -> Answer {
    let mut moved = 0;
    loop {
        match call(length - moved) {
            Ok(0) => return Ok(moved.show()),
            Ok(more) => moved += more,
            Err(errno) if moved == 0 => return Err(errno),
            Err(errno) => return Ok(format!("{moved}, then {}", crate::show::errno_name(errno))),
        }
        if moved >= length {
            return Ok(moved.show());
        }
    }
}

/// Passes bytes that are aligned as direct I/O needs.
/// The smallest block of a disk, in bytes.
const SECTOR: usize = 512;

/// Whether a write of that length may fail after its beginning was written: one with `O_DIRECT`
/// fails when it comes to the last part, which is no whole block.
fn may_write_part(file: impl AsFd, length: usize) -> Result<bool, Errno> {
    Ok(length > SECTOR && length % SECTOR != 0 && fcntl_getfl(file)?.contains(OFlags::DIRECT))
}

fn with_data<R>(length: usize, seed: u64, call: impl FnOnce(&[u8]) -> R) -> R {
    with_aligned_buffer(length, |buffer| {
        buffer.copy_from_slice(&pattern(seed as u8, length));
        call(buffer)
    })
}

/// Passes a buffer that is aligned as direct I/O needs. Returns what the call has read.
fn into_buffer(length: usize, call: impl FnOnce(&mut [u8]) -> Result<usize, Errno>) -> Answer {
    with_aligned_buffer(length, |buffer| {
        let length = call(buffer)?;
        Ok(buffer[..length].to_vec().show())
    })
}
