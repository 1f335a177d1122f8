// SPDX-License-Identifier: GPL-2.0

//! Mappings of files. They are read and written by the kernel, in system calls, which return an
//! error where a program would get a signal.

use rustix::mm::{MapFlags, ProtFlags};

use super::{LENGTH, SEED, SLOT};
use crate::explore::calls;
use crate::explore::hand::{left_out, Map, MAPS, NOTHING_OPEN};
use crate::explore::operation::{Kind, Scope};
use crate::explore::word::Domain;
use crate::ops::pattern;
use crate::show::Show;

const MAP: Domain = Domain::Number(&[0, 1]);
const _: () = assert!(MAPS == 2, "the domain above has every mapping");

const PROTECTION: Domain = Domain::OneOf(&[
    ("READ|WRITE", 3),
    ("READ", 1),
    ("READ|EXEC", 5),
    ("WRITE", 2),
]);
const FLAGS: Domain = Domain::OneOf(&[
    ("SHARED", libc::MAP_SHARED as u64),
    ("PRIVATE", libc::MAP_PRIVATE as u64),
    ("SHARED_VALIDATE", libc::MAP_SHARED_VALIDATE as u64),
    (
        "SHARED|POPULATE",
        (libc::MAP_SHARED | libc::MAP_POPULATE) as u64,
    ),
    ("SYNC", (libc::MAP_SHARED_VALIDATE | libc::MAP_SYNC) as u64),
]);
const SIZE: Domain = Domain::Number(&[4_096, 8_192, 20_000, 65_536]);
const START: Domain = Domain::Number(&[0, 4_096, 8_192, 100, 65_536]);
const WITHIN: Domain = Domain::Number(&[0, 1, 4_095, 4_096, 10_000, 20_000]);

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "mmap",
        weight: 6,
        arguments: &[MAP, SLOT, PROTECTION, FLAGS, SIZE, START],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            if hand.has_leased {
                return left_out("lease-of-a-mapped-file");
            }
            let map = Map::new(
                hand.file(words.size(1))?,
                words.size(4),
                ProtFlags::from_bits_retain(words.bits(2)),
                MapFlags::from_bits_retain(words.bits(3)),
                words.number(5),
            )?;
            hand.maps[words.size(0)] = Some(map);
            Ok("mapped".to_owned())
        },
    },
    Kind {
        name: "load",
        weight: 5,
        arguments: &[MAP, WITHIN, LENGTH],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let map = hand.maps[words.size(0)].as_ref().ok_or(NOTHING_OPEN)?;
            let (address, length) = map.range(0, usize::MAX);
            // What was stored behind the end of the file is there until the page is written back.
            // SAFETY: The range is the mapping.
            let _ = unsafe { calls::msync(address, length, libc::MS_SYNC as u32) };
            let (address, length) = map.range(words.size(1), words.size(2));
            // SAFETY: The range is a part of the mapping, which lives as long as `map`.
            let data = unsafe { calls::load(address, length) }?;
            Ok(data.show())
        },
    },
    Kind {
        name: "store",
        weight: 5,
        arguments: &[MAP, WITHIN, LENGTH, SEED],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let map = hand.maps[words.size(0)].as_ref().ok_or(NOTHING_OPEN)?;
            let (address, length) = map.range(words.size(1), words.size(2));
            let data = pattern(words.number(3) as u8, length);
            // SAFETY: The range is a part of the mapping, which lives as long as `map`, and to which
            // there is no reference.
            unsafe { calls::store(address, &data) }
        },
    },
    Kind {
        name: "msync",
        weight: 2,
        arguments: &[
            MAP,
            Domain::OneOf(&[("SYNC", 4), ("ASYNC", 1), ("SYNC|INVALIDATE", 6)]),
        ],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let map = hand.maps[words.size(0)].as_ref().ok_or(NOTHING_OPEN)?;
            let (address, length) = map.range(0, usize::MAX);
            // SAFETY: The range is the mapping.
            unsafe { calls::msync(address, length, words.bits(1)) }
        },
    },
    Kind {
        name: "madvise",
        weight: 2,
        arguments: &[
            MAP,
            Domain::OneOf(&[
                ("DONTNEED", libc::MADV_DONTNEED as u64),
                ("WILLNEED", libc::MADV_WILLNEED as u64),
                ("POPULATE_READ", 22),
                ("POPULATE_WRITE", 23),
                ("REMOVE", libc::MADV_REMOVE as u64),
                ("COLD", 20),
                ("PAGEOUT", 21),
            ]),
        ],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let map = hand.maps[words.size(0)].as_ref().ok_or(NOTHING_OPEN)?;
            let (address, length) = map.range(0, usize::MAX);
            // SAFETY: The range is the mapping, to which there is no reference.
            unsafe { calls::madvise(address, length, words.bits(1)) }
        },
    },
    Kind {
        name: "mprotect",
        weight: 1,
        arguments: &[MAP, PROTECTION],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let map = hand.maps[words.size(0)].as_ref().ok_or(NOTHING_OPEN)?;
            let (address, length) = map.range(0, usize::MAX);
            // SAFETY: The range is the mapping, to which there is no reference.
            unsafe { calls::mprotect(address, length, words.bits(1)) }
        },
    },
    Kind {
        name: "munmap",
        weight: 2,
        arguments: &[MAP],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let map = hand.maps[words.size(0)].take().ok_or(NOTHING_OPEN)?;
            drop(map);
            Ok("done".to_owned())
        },
    },
];
