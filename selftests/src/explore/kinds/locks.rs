// SPDX-License-Identifier: GPL-2.0

//! Locks and leases. None of these operations waits.

use rustix::fs::{flock, FlockOperation};

use super::{done, LENGTH, OFFSET, SLOT};
use crate::explore::hand::left_out;
use crate::explore::operation::{Kind, Scope};
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

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "flock",
        weight: 4,
        arguments: &[SLOT, FLOCK],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let operation = match words.number(1) {
                0 => FlockOperation::NonBlockingLockExclusive,
                1 => FlockOperation::NonBlockingLockShared,
                _ => FlockOperation::NonBlockingUnlock,
            };
            flock(hand.file(words.size(0))?, operation).map(done)
        },
    },
    Kind {
        name: "lock",
        weight: 6,
        arguments: &[SLOT, OWNER, TYPE, OFFSET, LENGTH],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let command = match words.number(1) {
                0 => libc::F_SETLK,
                _ => libc::F_OFD_SETLK,
            };
            let range = (words.number(3) as i64, words.number(4) as i64);
            let file = hand.file(words.size(0))?;
            ops::record_lock(&file, command, kind(words.number(2)), range).map(done)
        },
    },
    Kind {
        name: "test-lock",
        weight: 4,
        arguments: &[SLOT, OWNER, TYPE, OFFSET, LENGTH],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let command = match words.number(1) {
                0 => libc::F_GETLK,
                _ => libc::F_OFD_GETLK,
            };
            let range = (words.number(3) as i64, words.number(4) as i64);
            let file = hand.file(words.size(0))?;
            let lock = ops::record_lock(&file, command, kind(words.number(2)), range)?;
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
