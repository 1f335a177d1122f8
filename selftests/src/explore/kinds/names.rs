// SPDX-License-Identifier: GPL-2.0

//! Operations on names.

use rustix::fs::{
    accessat, linkat, makedev, mkdirat, mknodat, openat, openat2, readlinkat, renameat_with,
    statat, symlinkat, unlinkat, Access, AtFlags, FileType, Mode, OFlags, RenameFlags,
    ResolveFlags,
};
use rustix::process::{chdir, fchdir, getcwd};

use super::{attributes, done, EMPTY_PATH, FOLLOW, MODE, NOFOLLOW, PLACE, SLOT, UNKNOWN};
use crate::explore::hand::left_out;
use crate::explore::operation::{Kind, Scope};
use crate::explore::word::{Domain, Named};
use crate::show::Show;
use crate::tree;

const ACCESS: Domain = Domain::OneOf(&[
    ("RDONLY", libc::O_RDONLY as u64),
    ("RDWR", libc::O_RDWR as u64),
    ("WRONLY", libc::O_WRONLY as u64),
    ("RDWR|CREAT", (libc::O_RDWR | libc::O_CREAT) as u64),
    ("WRONLY|CREAT", (libc::O_WRONLY | libc::O_CREAT) as u64),
    ("PATH", libc::O_PATH as u64),
    ("DIRECTORY", libc::O_DIRECTORY as u64),
    ("NOACCESS", 3),
]);

const OPEN_FLAGS: &[Named] = &[
    ("EXCL", libc::O_EXCL as u64),
    ("TRUNC", libc::O_TRUNC as u64),
    ("APPEND", libc::O_APPEND as u64),
    ("NOFOLLOW", libc::O_NOFOLLOW as u64),
    ("NOATIME", libc::O_NOATIME as u64),
    ("DIRECTORY", libc::O_DIRECTORY as u64),
    ("DIRECT", libc::O_DIRECT as u64),
    ("SYNC", libc::O_SYNC as u64),
    ("DSYNC", libc::O_DSYNC as u64),
    ("TMPFILE", libc::O_TMPFILE as u64),
];

const RESOLVE: Domain = Domain::Flags(&[
    ("BENEATH", 0x08),
    ("IN_ROOT", 0x10),
    ("NO_SYMLINKS", 0x04),
    ("NO_XDEV", 0x01),
    ("NO_MAGICLINKS", 0x02),
]);

/// What cannot wait: no step may, and a FIFO has no other end.
fn open_flags(access: u32, flags: u32) -> OFlags {
    OFlags::from_bits_retain(access | flags) | OFlags::NONBLOCK | OFlags::CLOEXEC
}

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "open",
        weight: 30,
        arguments: &[SLOT, PLACE, ACCESS, Domain::Flags(OPEN_FLAGS), MODE],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (directory, path) = hand.at(words.place(1))?;
            let flags = open_flags(words.bits(2), words.bits(3));
            let mode = match flags.intersects(OFlags::CREATE | OFlags::TMPFILE) {
                true => Mode::from_raw_mode(words.bits(4)),
                false => Mode::empty(),
            };
            let file = openat(directory, path, flags, mode)?;
            hand.put(words.size(0), file)
        },
    },
    Kind {
        name: "openat2",
        weight: 6,
        arguments: &[SLOT, PLACE, ACCESS, Domain::Flags(OPEN_FLAGS), RESOLVE],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (directory, path) = hand.at(words.place(1))?;
            let flags = open_flags(words.bits(2), words.bits(3));
            let mode = match flags.intersects(OFlags::CREATE | OFlags::TMPFILE) {
                true => Mode::from_raw_mode(0o644),
                false => Mode::empty(),
            };
            let resolve = ResolveFlags::from_bits_retain(words.number(4));
            let file = openat2(directory, path, flags, mode, resolve)?;
            hand.put(words.size(0), file)
        },
    },
    Kind {
        name: "mkdir",
        weight: 12,
        arguments: &[PLACE, MODE],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (directory, path) = hand.at(words.place(0))?;
            mkdirat(directory, path, Mode::from_raw_mode(words.bits(1))).map(done)
        },
    },
    Kind {
        name: "unlink",
        weight: 10,
        arguments: &[PLACE],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (directory, path) = hand.at(words.place(0))?;
            unlinkat(directory, path, AtFlags::empty()).map(done)
        },
    },
    Kind {
        name: "rmdir",
        weight: 8,
        arguments: &[PLACE],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (directory, path) = hand.at(words.place(0))?;
            unlinkat(directory, path, AtFlags::REMOVEDIR).map(done)
        },
    },
    Kind {
        name: "rename",
        weight: 20,
        arguments: &[
            PLACE,
            PLACE,
            Domain::Flags(&[("NOREPLACE", 1), ("EXCHANGE", 2), ("WHITEOUT", 4)]),
        ],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (old_directory, old) = hand.at(words.place(0))?;
            let (new_directory, new) = hand.at(words.place(1))?;
            let flags = RenameFlags::from_bits_retain(words.bits(2));
            // A user namespace may have ids that the filesystem has not.
            if flags.contains(RenameFlags::WHITEOUT) && !hand.actor.namespaces.is_empty() {
                return left_out("whiteout-without-owner");
            }
            renameat_with(old_directory, old, new_directory, new, flags).map(done)
        },
    },
    Kind {
        name: "link",
        weight: 10,
        arguments: &[PLACE, PLACE, Domain::Flags(&[FOLLOW, EMPTY_PATH])],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (old_directory, old) = hand.at(words.place(0))?;
            let (new_directory, new) = hand.at(words.place(1))?;
            let flags = AtFlags::from_bits_retain(words.bits(2));
            linkat(old_directory, old, new_directory, new, flags).map(done)
        },
    },
    Kind {
        name: "link-open",
        weight: 3,
        arguments: &[SLOT, PLACE],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (directory, path) = hand.at(words.place(1))?;
            let file = hand.file(words.size(0))?;
            linkat(file, c"", directory, path, AtFlags::EMPTY_PATH).map(done)
        },
    },
    Kind {
        name: "symlink",
        weight: 8,
        arguments: &[PLACE, PLACE],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (directory, path) = hand.at(words.place(1))?;
            symlinkat(words.place(0).path(), directory, path).map(done)
        },
    },
    Kind {
        name: "mknod",
        weight: 4,
        arguments: &[PLACE, NODE, MODE],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (directory, path) = hand.at(words.place(0))?;
            let (kind, device) = match words.number(1) {
                0 => (FileType::Fifo, 0),
                1 => (FileType::Socket, 0),
                2 => (FileType::CharacterDevice, makedev(1, 3)),
                3 => (FileType::CharacterDevice, makedev(0, 0)),
                4 => (FileType::BlockDevice, makedev(240, 77)),
                _ => (FileType::RegularFile, 0),
            };
            mknodat(
                directory,
                path,
                kind,
                Mode::from_raw_mode(words.bits(2)),
                device,
            )
            .map(done)
        },
    },
    Kind {
        name: "stat",
        weight: 8,
        arguments: &[PLACE, Domain::Flags(&[NOFOLLOW, EMPTY_PATH, UNKNOWN])],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (directory, path) = hand.at(words.place(0))?;
            let stat = statat(directory, path, AtFlags::from_bits_retain(words.bits(1)))?;
            Ok(attributes(&stat))
        },
    },
    Kind {
        name: "access",
        weight: 4,
        arguments: &[
            PLACE,
            Domain::Octal(&[0, 1, 2, 3, 4, 5, 6, 7]),
            Domain::Flags(&[NOFOLLOW, ("EACCESS", libc::AT_EACCESS as u64)]),
        ],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (directory, path) = hand.at(words.place(0))?;
            let access = Access::from_bits_retain(words.bits(1));
            accessat(
                directory,
                path,
                access,
                AtFlags::from_bits_retain(words.bits(2)),
            )
            .map(done)
        },
    },
    Kind {
        name: "readlink",
        weight: 3,
        arguments: &[PLACE],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (directory, path) = hand.at(words.place(0))?;
            let target = readlinkat(directory, path, Vec::new())?;
            Ok(target.into_bytes().show())
        },
    },
    Kind {
        name: "list",
        weight: 6,
        arguments: &[PLACE],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let (directory, path) = hand.at(words.place(0))?;
            let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
            let file = openat(directory, path, flags, Mode::empty())?;
            let entries = tree::rest_of_directory(&file, 4_096)?;
            Ok(names(&entries))
        },
    },
    Kind {
        name: "getdents",
        weight: 6,
        arguments: &[SLOT, Domain::Number(&[100, 300, 4_096])],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let file = hand.file(words.size(0))?;
            let entries = tree::next_of_directory(file, words.size(1))?;
            Ok(names(&entries))
        },
    },
    Kind {
        name: "chdir",
        weight: 4,
        arguments: &[PLACE],
        scope: Scope::Everywhere,
        perform: |hand, words| chdir(hand.path(words.place(0))?).map(done),
    },
    Kind {
        name: "fchdir",
        weight: 2,
        arguments: &[SLOT],
        scope: Scope::Everywhere,
        perform: |hand, words| fchdir(hand.file(words.size(0))?).map(done),
    },
    Kind {
        name: "getcwd",
        weight: 2,
        arguments: &[],
        scope: Scope::AboveAlone,
        perform: |_, _| {
            let path = getcwd(Vec::new())?.into_bytes();
            Ok(path.show())
        },
    },
];

const NODE: Domain = Domain::OneOf(&[
    ("fifo", 0),
    ("socket", 1),
    ("null", 2),
    ("whiteout", 3),
    ("block", 4),
    ("file", 5),
]);

/// The names and types of entries, in their order: it follows from the directory's history.
fn names(entries: &[tree::Entry]) -> String {
    entries
        .iter()
        .map(tree::Entry::name_and_kind)
        .collect::<Vec<_>>()
        .show()
}
