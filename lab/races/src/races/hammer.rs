// SPDX-License-Identifier: GPL-2.0

//! Many concurrent operations above and below. At the end both layers show the same tree, no file
//! is lost, and no operation has failed with an error that is impossible on a single directory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Mutex;

use base0fs_selftest::show::errno_name;
use rustix::fs::{renameat_with, Mode, OFlags, RenameFlags, CWD};
use rustix::io::Errno;

use crate::layers::Layer;
use crate::race::{Race, Rounds};
use crate::random::Random;
use crate::threads;
use crate::tree::{self, Identities};

pub const RACE: Race = Race {
    name: "hammer",
    description: "many operations above and below leave both layers with the same tree",
    rounds: 12_000,
    explicit: false,
    body: |rounds| run(rounds, false),
};

pub const CONSERVED: Race = Race {
    name: "conserved",
    description: "files that are only renamed, above and below, all exist at the end",
    rounds: 12_000,
    explicit: false,
    body: |rounds| run(rounds, true),
};

const NAMES: &[&str] = &[
    "a", "b", "c", "d", "p/a", "p/b", "q/a", "q/b", "p/q/a", "p", "q", "p/q", "p/r",
];

/// How many files the tree has at the start.
const FILES: usize = 6;

/// Makes a random operation. Returns its name and result.
fn run_one(
    root: &Path,
    random: &mut Random,
    moves_only: bool,
) -> (&'static str, Result<(), Errno>) {
    let (from, to) = (
        root.join(random.choose(NAMES)),
        root.join(random.choose(NAMES)),
    );
    let rename = |flags| renameat_with(CWD, &from, CWD, &to, flags);
    let errno = |result: std::io::Result<()>| {
        result.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
    };
    let choices = match moves_only {
        true => 4,
        false => 12,
    };
    match random.less_than(choices) {
        0 => ("exchange", rename(RenameFlags::EXCHANGE)),
        1 | 2 => ("rename-noreplace", rename(RenameFlags::NOREPLACE)),
        3 => ("stat", errno(fs::symlink_metadata(&from).map(drop))),
        4 | 5 => ("rename", rename(RenameFlags::empty())),
        6 => ("mkdir", errno(fs::create_dir(&from))),
        7 => ("rmdir", errno(fs::remove_dir(&from))),
        8 => ("unlink", errno(fs::remove_file(&from))),
        9 => ("open-creat", open_creat(&from)),
        10 => ("link", errno(fs::hard_link(&from, &to))),
        _ => (
            "readdir",
            errno(fs::read_dir(&from).map(|entries| entries.for_each(drop))),
        ),
    }
}

/// Creates or truncates a file.
///
/// The VFS tries open(2) twice. It fails with `ESTALE` if the lower tree has changed both times, as
/// docs/behaviour.md says, and is then tried again here, as a program would do. A dentry that stays
/// stale fails each time.
fn open_creat(path: &Path) -> Result<(), Errno> {
    const ATTEMPTS: usize = 10;
    let mut result = Ok(());
    for _ in 0..ATTEMPTS {
        result = rustix::fs::open(
            path,
            OFlags::CREATE | OFlags::WRONLY | OFlags::TRUNC | OFlags::CLOEXEC,
            Mode::from_raw_mode(0o644),
        )
        .map(drop);
        if result != Err(Errno::STALE) {
            break;
        }
    }
    result
}

/// Whether the operation may fail with this error on a directory that other tasks change.
fn is_expected(operation: &str, errno: Errno) -> bool {
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
    let layers = rounds.layers.make("hammer");
    for name in ["p", "q", "p/q"] {
        fs::create_dir(layers.below.join(name)).expect("mkdir below succeeds");
    }
    for (number, name) in NAMES.iter().take(FILES).enumerate() {
        fs::write(layers.below.join(name), number.to_string())
            .expect("creating a file below succeeds");
    }
    let failures = Mutex::new(BTreeMap::<String, usize>::new());
    let seed = AtomicU64::new(rounds.random.less_than(1 << 30) as u64);
    let batch = |layer: Layer| {
        let mut random = Random::new(seed.fetch_add(1, Ordering::Relaxed));
        for _ in 0..20 {
            if let (name, Err(errno)) = run_one(layers.dir(layer), &mut random, moves_only) {
                if !is_expected(name, errno) {
                    let what = format!("{name} {}: {}", layer.name(), errno_name(errno));
                    *failures.lock().unwrap().entry(what).or_insert(0) += 1;
                }
            }
        }
    };
    threads::with_background(
        || batch(Layer::Above),
        2,
        || {
            while rounds.next() {
                batch(Layer::Below);
            }
        },
    );
    for (what, times) in failures.into_inner().unwrap() {
        for _ in 0..times {
            rounds.record(Some(what.clone()));
        }
    }
    let identities = Identities::default();
    let open = |path: &Path| {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        rustix::fs::open(path, flags, Mode::empty()).expect("opening the tree succeeds")
    };
    let (above, below) = (open(&layers.above), open(&layers.below));
    for name in NAMES {
        let ino = |path: &Path| {
            use std::os::unix::fs::MetadataExt;
            fs::symlink_metadata(path.join(name))
                .map(|metadata| metadata.ino())
                .ok()
        };
        let (upper, lower) = (ino(&layers.above), ino(&layers.below));
        rounds.expect(upper == lower, || {
            format!("{name} is inode {upper:?} above and {lower:?} below")
        });
    }
    let (upper, lower) = (
        tree::list(above, &identities),
        tree::list(below, &identities),
    );
    rounds.expect(upper == lower, || {
        format!("the trees differ\n  above  {upper}\n  below  {lower}")
    });
    if moves_only {
        let files = lower
            .split(' ')
            .filter(|word| word.contains("=new"))
            .count();
        rounds.expect(files == FILES + 3, || {
            format!(
                "{files} of {} files and directories are left: {lower}",
                FILES + 3
            )
        });
    }
}
