// SPDX-License-Identifier: GPL-2.0

//! Many operations at once, above and below. In the end both layers show one tree, nothing was lost, and no operation
//! gave an error that the lower directory would not have given.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Mutex;

use rustix::fs::{renameat_with, RenameFlags, CWD};
use rustix::io::Errno;

use crate::meeting;
use crate::place::Side;
use crate::race::{Race, Rounds};
use crate::random::Random;
use crate::serial::errno_name;
use crate::tree::{self, Identities};

pub const RACE: Race = Race {
    name: "hammer",
    about: "many operations above and below at once leave one tree",
    rounds: 12_000,
    special: false,
    run: |rounds| run(rounds, false),
};

pub const CONSERVED: Race = Race {
    name: "conserved",
    about: "files that are only moved, above and below at once, are all there in the end",
    rounds: 12_000,
    special: false,
    run: |rounds| run(rounds, true),
};

const NAMES: &[&str] = &[
    "a", "b", "c", "d", "p/a", "p/b", "q/a", "q/b", "p/q/a", "p", "q", "p/q", "p/r",
];

/// How many files there are to begin with.
const FILES: usize = 6;

fn one(root: &Path, random: &mut Random, moves_only: bool) -> (&'static str, Result<(), Errno>) {
    let (from, to) = (root.join(random.of(NAMES)), root.join(random.of(NAMES)));
    let rename = |flags| renameat_with(CWD, &from, CWD, &to, flags);
    let errno = |result: std::io::Result<()>| {
        result.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
    };
    let choices = match moves_only {
        true => 4,
        false => 12,
    };
    match random.below(choices) {
        0 => ("exchange", rename(RenameFlags::EXCHANGE)),
        1 | 2 => ("rename-noreplace", rename(RenameFlags::NOREPLACE)),
        3 => ("stat", errno(fs::symlink_metadata(&from).map(drop))),
        4 | 5 => ("rename", rename(RenameFlags::empty())),
        6 => ("mkdir", errno(fs::create_dir(&from))),
        7 => ("rmdir", errno(fs::remove_dir(&from))),
        8 => ("unlink", errno(fs::remove_file(&from))),
        9 => ("open-creat", errno(fs::write(&from, ""))),
        10 => ("link", errno(fs::hard_link(&from, &to))),
        _ => (
            "readdir",
            errno(fs::read_dir(&from).map(|entries| entries.for_each(drop))),
        ),
    }
}

/// Whether a directory may give this error, others working in it.
fn usual(operation: &str, errno: Errno) -> bool {
    match errno {
        Errno::NOENT | Errno::NOTDIR => true,
        Errno::EXIST => !matches!(
            operation,
            "unlink" | "rmdir" | "stat" | "readdir" | "rename"
        ),
        Errno::ISDIR => matches!(operation, "unlink" | "rename" | "open-creat"),
        Errno::NOTEMPTY => matches!(operation, "rmdir" | "rename" | "rename-noreplace"),
        Errno::INVAL => matches!(operation, "rename" | "rename-noreplace" | "exchange"),
        Errno::PERM => operation == "link",
        _ => false,
    }
}

fn run(rounds: &mut Rounds<'_>, moves_only: bool) {
    let place = rounds.place.make("hammer");
    for name in ["p", "q", "p/q"] {
        fs::create_dir(place.below.join(name)).expect("a directory can be made below");
    }
    for (number, name) in NAMES.iter().take(FILES).enumerate() {
        fs::write(place.below.join(name), number.to_string()).expect("a file can be made below");
    }
    let wrong = Mutex::new(BTreeMap::<String, usize>::new());
    let seed = AtomicU64::new(rounds.random.below(1 << 30) as u64);
    let batch = |side: Side| {
        let mut random = Random::new(seed.fetch_add(1, Ordering::Relaxed));
        for _ in 0..20 {
            if let (name, Err(errno)) = one(place.on(side), &mut random, moves_only) {
                if !usual(name, errno) {
                    let what = format!("{name} {}: {}", side.name(), errno_name(errno));
                    *wrong.lock().unwrap().entry(what).or_insert(0) += 1;
                }
            }
        }
    };
    meeting::beside(
        || batch(Side::Above),
        2,
        || {
            while rounds.next() {
                batch(Side::Below);
            }
        },
    );
    for (what, times) in wrong.into_inner().unwrap() {
        for _ in 0..times {
            rounds.note(Some(what.clone()));
        }
    }
    let identities = Identities::default();
    let open = |path: &Path| {
        let flags = rustix::fs::OFlags::PATH | rustix::fs::OFlags::CLOEXEC;
        rustix::fs::open(path, flags, rustix::fs::Mode::empty()).expect("the tree can be opened")
    };
    let (above, below) = (open(&place.above), open(&place.below));
    for name in NAMES {
        let ino = |path: &Path| {
            use std::os::unix::fs::MetadataExt;
            fs::symlink_metadata(path.join(name))
                .map(|metadata| metadata.ino())
                .ok()
        };
        let (seen, there) = (ino(&place.above), ino(&place.below));
        rounds.expect(seen == there, || {
            format!("{name} is inode {seen:?} above and {there:?} below")
        });
    }
    let (seen, there) = (
        tree::list(above, &identities),
        tree::list(below, &identities),
    );
    rounds.expect(seen == there, || {
        format!("the trees differ\n  above  {seen}\n  below  {there}")
    });
    if moves_only {
        let files = there
            .split(' ')
            .filter(|word| word.contains("=new"))
            .count();
        rounds.expect(files == FILES + 3, || {
            format!(
                "{files} of {} files and directories are left: {there}",
                FILES + 3
            )
        });
    }
}
