// SPDX-License-Identifier: GPL-2.0

//! Locks and leases. None of these operations waits for long.

use rustix::fs::{flock, FlockOperation};
use rustix::io::Errno;

use super::{done, LENGTH, OFFSET, SLOT};
use crate::explore::hand::{left_out, Hand};
use crate::explore::operation::{Answer, Kind, Scope, Words};
use crate::explore::word::Domain;
use crate::ops;

const FLOCK: Domain = Domain::OneOf(&[("exclusive", 0), ("shared", 1), ("unlock", 2)]);
const TYPE: Domain = Domain::OneOf(&[("write", 0), ("read", 1), ("unlock", 2)]);
const OWNER: Domain = Domain::OneOf(&[("process", 0), ("file", 1)]);

fn kind(number: u64) -> ops::Kind {
    match number {
        0 => ops::Kind::Write,
        1 => ops::Kind::Read,
        _ => ops::Kind::Unlock,
    }
}

/// Takes or gives back a lock of the whole file. A call that waits is interrupted again and again, so
/// that it returns if the lock is not free.
fn lock_file(hand: &Hand, words: &Words, waits: bool) -> Answer {
    let file = hand.file(words.size(0))?;
    match (words.number(1), waits) {
        (0, false) => flock(file, FlockOperation::NonBlockingLockExclusive),
        (1, false) => flock(file, FlockOperation::NonBlockingLockShared),
        (0, true) => ops::interrupted(|| flock(file, FlockOperation::LockExclusive)),
        (1, true) => ops::interrupted(|| flock(file, FlockOperation::LockShared)),
        _ => flock(file, FlockOperation::NonBlockingUnlock),
    }
    .map(done)
}

/// Performs one of two commands for record locks: of the process, or of the open file. A command that
/// waits is interrupted again and again, so that it returns if the lock is not free.
fn record_lock(
    hand: &Hand,
    words: &Words,
    commands: [i32; 2],
    waits: bool,
) -> Result<libc::flock, Errno> {
    let command = commands[words.size(1)];
    let range = (words.number(3) as i64, words.number(4) as i64);
    let (file, kind) = (hand.file(words.size(0))?, kind(words.number(2)));
    let perform = || ops::record_lock(&file, command, kind, range);
    match waits {
        true => ops::interrupted(perform),
        false => perform(),
    }
}

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "flock",
        weight: 4,
        arguments: &[SLOT, FLOCK],
        scope: Scope::Everywhere,
        perform: |hand, words| lock_file(hand, words, false),
    },
    Kind {
        name: "flock-wait",
        weight: 1,
        arguments: &[SLOT, FLOCK],
        scope: Scope::Everywhere,
        perform: |hand, words| lock_file(hand, words, true),
    },
    Kind {
        name: "lock",
        weight: 6,
        arguments: &[SLOT, OWNER, TYPE, OFFSET, LENGTH],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            record_lock(hand, words, [libc::F_SETLK, libc::F_OFD_SETLK], false).map(done)
        },
    },
    Kind {
        name: "lock-wait",
        weight: 1,
        arguments: &[SLOT, OWNER, TYPE, OFFSET, LENGTH],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let commands = [libc::F_SETLKW, libc::F_OFD_SETLKW];
            record_lock(hand, words, commands, true).map(done)
        },
    },
    Kind {
        name: "test-lock",
        weight: 4,
        arguments: &[SLOT, OWNER, TYPE, OFFSET, LENGTH],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let lock = record_lock(hand, words, [libc::F_GETLK, libc::F_OFD_GETLK], false)?;
            // A process has another number on each side.
            let holder = match lock.l_pid {
                -1 => "a file",
                0 => "nobody",
                pid if pid == std::process::id() as i32 => "the same process",
                _ => "another process",
            };
            Ok(format!(
                "type {} from {} length {} by {holder}",
                lock.l_type, lock.l_start, lock.l_len
            ))
        },
    },
    Kind {
        name: "lease",
        weight: 3,
        arguments: &[SLOT, TYPE],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            if hand.maps.iter().any(Option::is_some) {
                return left_out("lease-of-a-mapped-file");
            }
            hand.has_leased = true;
            ops::control(
                &hand.file(words.size(0))?,
                libc::F_SETLEASE,
                kind(words.number(1)).raw(),
            )
            .map(done)
        },
    },
    Kind {
        name: "get-lease",
        weight: 2,
        arguments: &[SLOT],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let kind = ops::control(&hand.file(words.size(0))?, libc::F_GETLEASE, 0)?;
            Ok(format!("type {kind}"))
        },
    },
];
