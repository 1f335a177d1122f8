// SPDX-License-Identifier: GPL-2.0

//! The kinds of operations. Each file has those of one subject.

mod attributes;
mod files;
mod handles;
mod locks;
mod maps;
mod names;
mod systems;
mod watches;
mod xattrs;

use rustix::fs::Stat;

use super::operation::Kind;
use super::word::{Domain, Named};
use crate::show::Show;

/// All kinds. Operations of the first ones are the simplest.
pub fn all() -> impl Iterator<Item = &'static Kind> {
    [
        names::KINDS,
        files::KINDS,
        attributes::KINDS,
        xattrs::KINDS,
        locks::KINDS,
        maps::KINDS,
        handles::KINDS,
        watches::KINDS,
        systems::KINDS,
    ]
    .into_iter()
    .flatten()
}

const PLACE: Domain = Domain::Place;
const SLOT: Domain = Domain::Slot;

/// Where a file is read, written, or cut. Pages, their edges, and beyond.
const OFFSET: Domain = Domain::Number(&[
    0,
    0,
    1,
    512,
    4_095,
    4_096,
    5_000,
    8_192,
    40_000,
    65_536,
    1 << 20,
]);

/// Lengths of data.
const LENGTH: Domain = Domain::Number(&[1, 5, 0, 100, 4_095, 4_096, 4_097, 10_000, 65_536]);

/// Offsets that no file has, besides usual ones.
const ANY_OFFSET: Domain = Domain::Number(&[
    0,
    1,
    4_096,
    10_000,
    65_536,
    1 << 20,
    1 << 40,
    i64::MAX as u64,
    u64::MAX,
]);

/// What makes the written bytes differ.
const SEED: Domain = Domain::Number(&[1, 2, 3, 4]);

/// Permissions.
const MODE: Domain = Domain::Octal(&[
    0o755, 0o644, 0o700, 0o600, 0o777, 0o666, 0o640, 0o444, 0o111, 0o000, 0o4755, 0o2755, 0o2770,
    0o1777, 0o6711, 0o2666,
]);

/// The following of a final symbolic link.
const NOFOLLOW: Named = ("NOFOLLOW", libc::AT_SYMLINK_NOFOLLOW as u64);
const FOLLOW: Named = ("FOLLOW", libc::AT_SYMLINK_FOLLOW as u64);
const EMPTY_PATH: Named = ("EMPTY_PATH", libc::AT_EMPTY_PATH as u64);

/// A bit that no call knows.
const UNKNOWN: Named = ("UNKNOWN", 1 << 30);

/// The answer of a call without a result.
fn done<T>(_: T) -> String {
    "done".to_owned()
}

/// The attributes that two equal files share.
fn attributes(stat: &Stat) -> String {
    // The times that a step has set are the same on both sides; the others are recent.
    let time = |seconds: i64, nanoseconds: u64| match seconds < crate::tree::SET_BY_A_CASE {
        true => format!("{seconds}.{nanoseconds}"),
        false => "recent".to_owned(),
    };
    format!(
        "{} atime {} mtime {}",
        stat.show(),
        time(stat.st_atime, stat.st_atime_nsec),
        time(stat.st_mtime, stat.st_mtime_nsec)
    )
}
