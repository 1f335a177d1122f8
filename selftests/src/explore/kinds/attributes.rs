// SPDX-License-Identifier: GPL-2.0

//! Operations on attributes.

use rustix::fs::{
    chmodat, chownat, fchmod, fchown, futimens, ioctl_getflags, ioctl_setflags, statx, utimensat,
    AtFlags, Gid, IFlags, Mode, StatxFlags, Timespec, Timestamps, Uid,
};
use rustix::process::umask;

use super::{done, EMPTY_PATH, MODE, NOFOLLOW, PLACE, SLOT};
use crate::explore::actors::{ALICE, BOB};
use crate::explore::calls;
use crate::explore::operation::{Kind, Scope, Words};
use crate::explore::word::{Domain, Named};
use crate::show::Show;

/// The id that changes nothing.
const SAME: u64 = u32::MAX as u64;

const OWNER: Domain = Domain::OneOf(&[
    ("root", 0),
    ("alice", ALICE as u64),
    ("bob", BOB as u64),
    ("same", SAME),
    ("nobody", 65_534),
    ("mapped", 100_000),
]);

const TIME: Domain = Domain::OneOf(&[
    ("2001", 1_000_000_000),
    ("1970", 0),
    ("2012", 1_333_333_333),
    ("NOW", NOW),
    ("OMIT", OMIT),
]);
const NOW: u64 = u64::MAX;
const OMIT: u64 = u64::MAX - 1;

const SYNC: Named = ("FORCE_SYNC", libc::AT_STATX_FORCE_SYNC as u64);
const DONT_SYNC: Named = ("DONT_SYNC", libc::AT_STATX_DONT_SYNC as u64);
const MASK: Domain = Domain::OneOf(&[
    ("basic", libc::STATX_BASIC_STATS as u64),
    ("all", libc::STATX_ALL as u64),
    ("nothing", 0),
    ("size", libc::STATX_SIZE as u64),
    ("alignment", libc::STATX_DIOALIGN as u64),
    ("reserved", 1 << 31),
]);

const FILE_FLAGS: Domain = Domain::Flags(&[
    ("IMMUTABLE", 0x10),
    ("APPEND", 0x20),
    ("NOATIME", 0x80),
    ("NODUMP", 0x40),
    ("SYNC", 0x08),
]);

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "chmod",
        weight: 10,
        arguments: &[PLACE, MODE],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (directory, path) = hand.at(words.place(0))?;
            let mode = Mode::from_raw_mode(words.bits(1));
            chmodat(directory, path, mode, AtFlags::empty()).map(done)
        },
    },
    Kind {
        name: "fchmodat2",
        weight: 2,
        arguments: &[PLACE, MODE, Domain::Flags(&[NOFOLLOW, EMPTY_PATH])],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (directory, path) = hand.at(words.place(0))?;
            calls::fchmodat2(directory, &path, words.bits(1), words.bits(2))
        },
    },
    Kind {
        name: "fchmod",
        weight: 4,
        arguments: &[SLOT, MODE],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let mode = Mode::from_raw_mode(words.bits(1));
            fchmod(hand.file(words.size(0))?, mode).map(done)
        },
    },
    Kind {
        name: "chown",
        weight: 8,
        arguments: &[PLACE, OWNER, OWNER, Domain::Flags(&[NOFOLLOW, EMPTY_PATH])],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (directory, path) = hand.at(words.place(0))?;
            let flags = AtFlags::from_bits_retain(words.bits(3));
            let (owner, group) = owner(words, 1);
            chownat(directory, path, owner, group, flags).map(done)
        },
    },
    Kind {
        name: "fchown",
        weight: 3,
        arguments: &[SLOT, OWNER, OWNER],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (owner, group) = owner(words, 1);
            fchown(hand.file(words.size(0))?, owner, group).map(done)
        },
    },
    Kind {
        name: "utimens",
        weight: 8,
        arguments: &[PLACE, TIME, TIME, Domain::Flags(&[NOFOLLOW])],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (directory, path) = hand.at(words.place(0))?;
            let flags = AtFlags::from_bits_retain(words.bits(3));
            utimensat(directory, path, &times(words, 1), flags).map(done)
        },
    },
    Kind {
        name: "futimens",
        weight: 4,
        arguments: &[SLOT, TIME, TIME],
        scope: Scope::Everywhere,
        perform: |hand, words| futimens(hand.file(words.size(0))?, &times(words, 1)).map(done),
    },
    Kind {
        name: "statx",
        weight: 4,
        arguments: &[
            PLACE,
            Domain::Flags(&[NOFOLLOW, EMPTY_PATH, SYNC, DONT_SYNC]),
            MASK,
        ],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (directory, path) = hand.at(words.place(0))?;
            let flags = AtFlags::from_bits_retain(words.bits(1));
            let mask = StatxFlags::from_bits_retain(words.bits(2));
            statx(directory, path, flags, mask).map(|found| found.show())
        },
    },
    Kind {
        name: "umask",
        weight: 2,
        arguments: &[Domain::Octal(&[0o022, 0o000, 0o077, 0o002, 0o777])],
        scope: Scope::Everywhere,
        perform: |_, words| {
            let before = umask(Mode::from_raw_mode(words.bits(0)));
            Ok(format!("{:04o}", before.as_raw_mode()))
        },
    },
    Kind {
        name: "chattr",
        weight: 4,
        arguments: &[SLOT, FILE_FLAGS],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let file = hand.file(words.size(0))?;
            // The other flags are the filesystem's own, and stay.
            let drawn = IFlags::from_bits_retain(0x10 | 0x20 | 0x80 | 0x40 | 0x08);
            let others = ioctl_getflags(file)? - drawn;
            ioctl_setflags(file, others | IFlags::from_bits_retain(words.bits(1))).map(done)
        },
    },
    Kind {
        name: "lsattr",
        weight: 2,
        arguments: &[SLOT],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let flags = ioctl_getflags(hand.file(words.size(0))?)?;
            Ok(format!("{:x}", flags.bits()))
        },
    },
];

fn owner(words: &Words, at: usize) -> (Option<Uid>, Option<Gid>) {
    let id = |at| {
        Some(words.number(at))
            .filter(|id| *id != SAME)
            .map(|id| id as u32)
    };
    (id(at).map(Uid::from_raw), id(at + 1).map(Gid::from_raw))
}

fn times(words: &Words, at: usize) -> Timestamps {
    let time = |at| match words.number(at) {
        NOW => (0, libc::UTIME_NOW),
        OMIT => (0, libc::UTIME_OMIT),
        seconds => (seconds as i64, 0),
    };
    let timespec = |(tv_sec, tv_nsec)| Timespec { tv_sec, tv_nsec };
    Timestamps {
        last_access: timespec(time(at)),
        last_modification: timespec(time(at + 1)),
    }
}
