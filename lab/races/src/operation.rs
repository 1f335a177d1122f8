// SPDX-License-Identifier: GPL-2.0

//! System calls on the tree that [`crate::fixture`] makes.

use std::fmt;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{
    linkat, mkdirat, mknodat, openat, renameat_with, statat, symlinkat, unlinkat, AtFlags,
    FileType, Mode, OFlags, RenameFlags,
};
use rustix::io::Errno;

use crate::tree::Identities;

/// A directory of the tree, relative to its root, and a name in that directory.
pub type Entry = (&'static str, &'static str);

/// A system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    Unlink(Entry),
    Rmdir(Entry),
    Rename(Entry, Entry),
    RenameNew(Entry, Entry),
    Exchange(Entry, Entry),
    Mkdir(Entry),
    Mknod(Entry),
    Symlink(Entry),
    Link(Entry, Entry),
    Create(Entry),
    CreateNew(Entry),
    Stat(Entry),
}

use Operation::{
    Create, CreateNew, Exchange, Link, Mkdir, Mknod, Rename, RenameNew, Rmdir, Stat, Symlink,
    Unlink,
};

/// The result of an operation: a description of the file it opened or looked up, `done`, or an
/// error.
pub type OpResult = Result<String, Errno>;

/// The parent directories of the two entries of an operation.
#[derive(Debug)]
pub struct Parents(OwnedFd, OwnedFd);

impl Operation {
    /// The two entries of the operation, which are equal if it has only one.
    fn entries(self) -> (Entry, Entry) {
        match self {
            Unlink(at) | Rmdir(at) | Mkdir(at) | Mknod(at) | Symlink(at) | Create(at)
            | CreateNew(at) | Stat(at) => (at, at),
            Rename(from, to) | RenameNew(from, to) | Exchange(from, to) | Link(from, to) => {
                (from, to)
            }
        }
    }

    /// Whether all entries are in the root of the tree, so the path walk has no steps.
    pub fn stays_in_root(self) -> bool {
        let ((first, _), (second, _)) = self.entries();
        first == "." && second == "."
    }

    /// The path walk: opens the parent directories.
    pub fn walk(self, root: impl AsFd) -> Result<Parents, Errno> {
        let open = |(directory, _): Entry| {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            openat(root.as_fd(), directory, flags, Mode::empty())
        };
        let (first, second) = self.entries();
        Ok(Parents(open(first)?, open(second)?))
    }

    /// The operation itself, in parents that `walk` has opened. A new file gets `mode`.
    pub fn run_at(self, parents: &Parents, mode: u32, identities: &Identities) -> OpResult {
        let ((_, first), (_, second)) = self.entries();
        self.call((&parents.0, first), (&parents.1, second), mode, identities)
    }

    /// The whole system call, by paths.
    pub fn run(self, root: impl AsFd, mode: u32, identities: &Identities) -> OpResult {
        let (first, second) = self.entries();
        let path = |(directory, name): Entry| format!("{directory}/{name}");
        let (first, second) = (path(first), path(second));
        self.call((&root, &first), (&root, &second), mode, identities)
    }

    fn call(
        self,
        (dir, name): (impl AsFd, &str),
        (new_dir, new_name): (impl AsFd, &str),
        mode: u32,
        identities: &Identities,
    ) -> OpResult {
        let rename = |flags| renameat_with(&dir, name, &new_dir, new_name, flags);
        let open = |flags| {
            // The other operation may have made a FIFO, which has no reader.
            let flags =
                flags | OFlags::CREATE | OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let file = openat(&dir, name, flags, Mode::from_bits_retain(mode))?;
            Ok(identities.of(&rustix::fs::fstat(file)?))
        };
        match self {
            Unlink(_) => unlinkat(&dir, name, AtFlags::empty()),
            Rmdir(_) => unlinkat(&dir, name, AtFlags::REMOVEDIR),
            Rename(..) => rename(RenameFlags::empty()),
            RenameNew(..) => rename(RenameFlags::NOREPLACE),
            Exchange(..) => rename(RenameFlags::EXCHANGE),
            Mkdir(_) => mkdirat(&dir, name, Mode::from_bits_retain(mode | 0o100)),
            Mknod(_) => {
                let mode = Mode::from_bits_retain(mode);
                mknodat(&dir, name, FileType::Fifo, mode, 0)
            }
            Symlink(_) => symlinkat("nowhere", &dir, name),
            Link(..) => linkat(&dir, name, &new_dir, new_name, AtFlags::empty()),
            Create(_) => return open(OFlags::NOFOLLOW),
            CreateNew(_) => return open(OFlags::EXCL),
            Stat(_) => {
                return statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW)
                    .map(|stat| identities.of(&stat));
            }
        }
        .map(|()| "done".to_owned())
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((dir, name), (new_dir, new_name)) = self.entries();
        let verb = match self {
            Unlink(_) => "unlink",
            Rmdir(_) => "rmdir",
            Rename(..) => "rename",
            RenameNew(..) => "rename-noreplace",
            Exchange(..) => "exchange",
            Mkdir(_) => "mkdir",
            Mknod(_) => "mknod",
            Symlink(_) => "symlink",
            Link(..) => "link",
            Create(_) => "open-creat",
            CreateNew(_) => "open-excl",
            Stat(_) => "stat",
        };
        write!(
            f,
            "{verb} {}",
            format!("{dir}/{name}").trim_start_matches("./")
        )?;
        match self {
            Rename(..) | RenameNew(..) | Exchange(..) | Link(..) => {
                write!(
                    f,
                    " {}",
                    format!("{new_dir}/{new_name}").trim_start_matches("./")
                )
            }
            _ => Ok(()),
        }
    }
}

const A: Entry = (".", "a");
const B: Entry = (".", "b");
const D: Entry = (".", "d");
const E: Entry = (".", "e");
const N: Entry = (".", "n");
const S: Entry = (".", "s");
const D_X: Entry = ("d", "x");
const E_F: Entry = ("e", "f");
const E_X: Entry = ("e", "x");
const S_A: Entry = ("s", "a");
const S_D: Entry = ("s", "d");
const S_G: Entry = ("s", "g");
const S_N: Entry = ("s", "n");

/// Every entry that an operation uses.
pub const ENTRIES: &[Entry] = &[A, B, D, E, N, S, D_X, E_F, E_X, S_A, S_D, S_G, S_N];

/// Operations that remove or rename the same entries.
pub const REMOVALS: &[Operation] = &[
    Unlink(A),
    Rename(A, B),
    Rename(B, A),
    Rename(A, N),
    Rename(A, S_A),
    Rename(S_G, A),
    Exchange(A, B),
];

/// All operations.
pub const ALL: &[Operation] = &[
    Unlink(A),
    Unlink(B),
    Unlink(N),
    Unlink(D),
    Unlink(E_F),
    Rmdir(A),
    Rmdir(D),
    Rmdir(E),
    Rename(A, B),
    Rename(B, A),
    Rename(A, N),
    Rename(B, N),
    Rename(A, S_A),
    Rename(S_G, A),
    Rename(S_G, N),
    Rename(A, D_X),
    Rename(A, E_F),
    Rename(E_F, N),
    Rename(D, N),
    Rename(E, D),
    Rename(D, E),
    Rename(D, S_D),
    Rename(E, S_N),
    RenameNew(A, N),
    RenameNew(B, A),
    RenameNew(D, N),
    Exchange(A, B),
    Exchange(A, S_G),
    Exchange(D, E),
    Exchange(A, D),
    Mkdir(N),
    Mkdir(D),
    Mkdir(A),
    Mkdir(D_X),
    Mknod(N),
    Symlink(N),
    Link(B, N),
    Link(B, A),
    Link(A, S_N),
    Create(N),
    Create(A),
    Create(E_X),
    Create(E_F),
    CreateNew(N),
    CreateNew(A),
    CreateNew(D_X),
    Stat(A),
    Stat(B),
    Stat(D),
    Stat(E_F),
    Stat(S_G),
];
