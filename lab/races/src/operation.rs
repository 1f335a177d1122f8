// SPDX-License-Identifier: GPL-2.0

//! One system call on names of the tree that [`crate::set_up`] makes.

use std::fmt;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{
    linkat, mkdirat, mknodat, openat, renameat_with, statat, symlinkat, unlinkat, AtFlags,
    FileType, Mode, OFlags, RenameFlags,
};
use rustix::io::Errno;

use crate::tree::Identities;

/// A name in one of the directories of the tree; `.` is the tree's own.
pub type Place = (&'static str, &'static str);

/// A system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    Unlink(Place),
    Rmdir(Place),
    Rename(Place, Place),
    RenameNew(Place, Place),
    Exchange(Place, Place),
    Mkdir(Place),
    Mknod(Place),
    Symlink(Place),
    Link(Place, Place),
    Create(Place),
    CreateNew(Place),
    Stat(Place),
}

use Operation::{
    Create, CreateNew, Exchange, Link, Mkdir, Mknod, Rename, RenameNew, Rmdir, Stat, Symlink,
    Unlink,
};

/// What an operation answers: which file it opened or looked at, or an error.
pub type Answer = Result<String, Errno>;

/// The directories that a path of an operation led to.
#[derive(Debug)]
pub struct Parents(OwnedFd, OwnedFd);

impl Operation {
    /// The names that it takes; one name twice if there is only one.
    fn places(self) -> (Place, Place) {
        match self {
            Unlink(at) | Rmdir(at) | Mkdir(at) | Mknod(at) | Symlink(at) | Create(at)
            | CreateNew(at) | Stat(at) => (at, at),
            Rename(from, to) | RenameNew(from, to) | Exchange(from, to) | Link(from, to) => {
                (from, to)
            }
        }
    }

    /// Whether all of its names are in the tree's own directory, to which nobody has to walk.
    pub fn is_flat(self) -> bool {
        let ((first, _), (second, _)) = self.places();
        first == "." && second == "."
    }

    /// Walks to the directories.
    pub fn walk(self, root: impl AsFd) -> Result<Parents, Errno> {
        let open = |(directory, _): Place| {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            openat(root.as_fd(), directory, flags, Mode::empty())
        };
        let (first, second) = self.places();
        Ok(Parents(open(first)?, open(second)?))
    }

    /// Does the rest. What it makes has `mode`.
    pub fn act(self, parents: &Parents, mode: u32, identities: &Identities) -> Answer {
        let ((_, first), (_, second)) = self.places();
        self.call((&parents.0, first), (&parents.1, second), mode, identities)
    }

    /// Does all of it as a program would, by paths.
    pub fn run(self, root: impl AsFd, mode: u32, identities: &Identities) -> Answer {
        let (first, second) = self.places();
        let path = |(directory, name): Place| format!("{directory}/{name}");
        let (first, second) = (path(first), path(second));
        self.call((&root, &first), (&root, &second), mode, identities)
    }

    fn call(
        self,
        (dir, name): (impl AsFd, &str),
        (new_dir, new_name): (impl AsFd, &str),
        mode: u32,
        identities: &Identities,
    ) -> Answer {
        let rename = |flags| renameat_with(&dir, name, &new_dir, new_name, flags);
        let open = |flags| {
            // Nobody reads from a FIFO that the other operation made.
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
        let ((dir, name), (new_dir, new_name)) = self.places();
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

const A: Place = (".", "a");
const B: Place = (".", "b");
const D: Place = (".", "d");
const E: Place = (".", "e");
const N: Place = (".", "n");
const S: Place = (".", "s");
const D_X: Place = ("d", "x");
const E_F: Place = ("e", "f");
const E_X: Place = ("e", "x");
const S_A: Place = ("s", "a");
const S_D: Place = ("s", "d");
const S_G: Place = ("s", "g");
const S_N: Place = ("s", "n");

/// Every name that an operation takes.
pub const PLACES: &[Place] = &[A, B, D, E, N, S, D_X, E_F, E_X, S_A, S_D, S_G, S_N];

/// Operations that remove or move what another one may be removing or moving.
pub const REMOVALS: &[Operation] = &[
    Unlink(A),
    Rename(A, B),
    Rename(B, A),
    Rename(A, N),
    Rename(A, S_A),
    Rename(S_G, A),
    Exchange(A, B),
];

/// All of them.
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
