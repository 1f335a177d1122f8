// SPDX-License-Identifier: GPL-2.0

//! The differences that docs/behaviour.md describes, which are no finding. A test looks for their
//! words there.

use std::collections::BTreeSet;
use std::path::Path;

use rustix::fs::statfs;
use rustix::io::Errno;

use super::coverage::{class, SUCCESS};
use super::script::Act;

/// A known difference.
#[derive(Debug)]
pub struct Known {
    /// Its name.
    pub name: &'static str,
    /// Words of docs/behaviour.md that explain it.
    pub words: &'static str,
    /// The operations that have it.
    pub operations: &'static [&'static str],
    /// Whether it explains that the plain directory gave the first answer, and the mount the second
    /// one, after what the script has done.
    explains: fn(&History, &str, &str) -> bool,
}

/// The table.
pub static KNOWN: &[Known] = &[
    Known {
        name: "ids-after-permissions",
        words: "fails with `EACCES` instead of `EOVERFLOW`",
        operations: &[
            "open",
            "openat2",
            "mkdir",
            "mknod",
            "symlink",
            "link",
            "link-open",
            "rename",
        ],
        explains: |_, plain, mount| (plain, mount) == ("EOVERFLOW", "EACCES"),
    },
    Known {
        name: "ids-after-permissions",
        words: "mknod(2) of a device fails with `EPERM` then",
        operations: &["mknod"],
        explains: |_, plain, mount| (plain, mount) == ("EOVERFLOW", "EPERM"),
    },
    // An actor can open the directory that the mount is in.
    Known {
        name: "clone-from-outside",
        words: "FICLONE, FICLONERANGE and FIDEDUPERANGE between two mounts of base0fs fail with `EXDEV`",
        operations: &["clone"],
        explains: |_, plain, mount| (plain, mount) == ("EISDIR", "EXDEV"),
    },
    Known {
        name: "immutable-below",
        words: "After `chattr` below, this has three effects until the file is next looked up",
        operations: &["set-flags", "mmap", "copy-range"],
        explains: |before, plain, mount| {
            before.has_below(&["chattr"]) && is_refused(plain) != is_refused(mount)
        },
    },
    Known {
        name: OWNER,
        words: "What only the owner of an open file may do, the VFS decides by the owner that base0fs last saw",
        operations: &["set-flags", "lease", "chattr"],
        explains: |before, plain, mount| {
            before.has_below(&["chown", "fchown"]) && is_refused(plain) != is_refused(mount)
        },
    },
    Known {
        name: "flags-of-owners-below",
        words: "A former owner may set O_NOATIME by fcntl(2) (`setfl()`), and it has no effect",
        operations: &["get-flags"],
        explains: |before, _, _| before.has_met(OWNER),
    },
    // tmpfs lists the names in the order in which they were first looked up, as long as it knows that.
    Known {
        name: ORDER,
        words: "even over filesystems that cache none, such as tmpfs",
        operations: &["list"],
        explains: |before, plain, mount| before.is_in_tmpfs && sorted(plain) == sorted(mount),
    },
    Known {
        name: ORDER,
        words: "may therefore list names in another order",
        operations: &["getdents"],
        explains: |before, plain, mount| {
            before.is_in_tmpfs && plain.starts_with('[') && mount.starts_with('[')
        },
    },
    Known {
        name: "position-in-another-order",
        words: "may therefore list names in another order",
        operations: &["lseek"],
        explains: |before, plain, mount| {
            let is_number = |answer: &str| answer.parse::<u64>().is_ok();
            before.has_met(ORDER) && is_number(plain) && is_number(mount)
        },
    },
    Known {
        name: "open-events-of-busy-programs",
        words: "A program that is not executed because it is open for writing (`ETXTBSY`) has no open event",
        operations: &["events"],
        explains: |before, plain, mount| {
            before.has("exec", BUSY) && before.shared(plain) == before.shared(mount)
        },
    },
    Known {
        name: "attributes-in-events-of-truncation",
        words: "The event of that says that the size has changed, and not that the attributes have",
        operations: &["events"],
        explains: |before, plain, mount| {
            let both = libc::IN_MODIFY | libc::IN_ATTRIB;
            let [both, size] = [both, libc::IN_MODIFY].map(|mask| format!(":{mask:x}:"));
            before.has("ftruncate", SUCCESS) && plain.replace(&both, &size) == mount
        },
    },
    Known {
        name: "events-of-mappings",
        words: "madvise(2) with `MADV_REMOVE` has no modify event",
        operations: &["events"],
        explains: |before, plain, mount| {
            before.has("madvise", SUCCESS) && before.shared(plain) == before.shared(mount)
        },
    },
];

/// The name of the difference between orders of names.
const ORDER: &str = "order-of-names";

/// The error of a program that is open for writing.
const BUSY: &str = "ETXTBSY";

/// The name of the difference between owners.
const OWNER: &str = "owner-below";

/// What a script has met.
#[derive(Debug)]
pub struct History {
    /// Whether the directories are in tmpfs.
    is_in_tmpfs: bool,
    /// Which answers the operations have had.
    answers: BTreeSet<(&'static str, String)>,
    /// Which operations have succeeded below.
    below: BTreeSet<&'static str>,
    /// The known differences.
    known: BTreeSet<&'static str>,
}

impl History {
    /// Nothing yet. `directory` is in the filesystem of the plain and the lower directory.
    pub fn new(directory: &Path) -> Result<Self, Errno> {
        Ok(Self {
            is_in_tmpfs: statfs(directory)?.f_type == libc::TMPFS_MAGIC,
            answers: BTreeSet::new(),
            below: BTreeSet::new(),
            known: BTreeSet::new(),
        })
    }

    /// A new script, in the same filesystem.
    pub fn begin(&mut self) {
        self.answers.clear();
        self.below.clear();
        self.known.clear();
    }

    /// Notes the answer to an operation.
    pub fn note(&mut self, act: &Act, answer: &str) {
        let (name, class) = (act.operation.kind.name, class(answer));
        if act.actor.below && class == SUCCESS {
            self.below.insert(name);
        }
        self.answers.insert((name, class));
    }

    /// The name of the known difference that explains the two answers to an operation, if one does.
    pub fn explains(&mut self, operation: &str, plain: &str, mount: &str) -> Option<&'static str> {
        let explains = |known: &&Known| {
            known.operations.contains(&operation) && (known.explains)(self, plain, mount)
        };
        let name = KNOWN.iter().find(explains)?.name;
        self.known.insert(name);
        Some(name)
    }

    fn has(&self, operation: &'static str, class: &str) -> bool {
        self.answers.contains(&(operation, class.to_owned()))
    }

    /// A list of events without those that only the plain directory may have. The kernel merges two equal
    /// events if no other is between them.
    fn shared<'a>(&self, events: &'a str) -> Vec<&'a str> {
        let mut left_out = Vec::new();
        if self.has("exec", BUSY) {
            left_out.push(format!(":{:x}:", libc::IN_OPEN));
        }
        if self.has("madvise", SUCCESS) {
            left_out.push(format!(":{:x}:", libc::IN_MODIFY));
        }
        let is_shared =
            |event: &&str| !event.is_empty() && !left_out.iter().any(|part| event.contains(part));
        let events = events.trim_matches(['[', ']']).split(' ');
        let mut rest: Vec<&str> = events.filter(is_shared).collect();
        rest.dedup();
        rest
    }

    fn has_below(&self, operations: &[&str]) -> bool {
        operations.iter().any(|name| self.below.contains(name))
    }

    fn has_met(&self, known: &str) -> bool {
        self.known.contains(known)
    }
}

/// Whether the caller may not do something.
fn is_refused(answer: &str) -> bool {
    matches!(answer, "EPERM" | "EACCES")
}

/// A list of names in one order.
fn sorted(list: &str) -> Vec<&str> {
    let mut names: Vec<&str> = list.trim_matches(['[', ']']).split(' ').collect();
    names.sort_unstable();
    names
}

/// What the actors leave out, because nothing later could be compared. The second word of a pair is
/// from docs/behaviour.md.
pub static LEFT_OUT: &[(&str, &str)] = &[
    (
        "fifo-in-each-layer",
        "A FIFO or socket exists once in each layer",
    ),
    (
        "lease-of-a-mapped-file",
        "A lease ends when its descriptor is closed, even if the file is still mapped.",
    ),
    (
        "close-events",
        "The close event of a file comes when its descriptor is closed, even if the file is still mapped",
    ),
    (
        "access-without-data",
        "sendfile(2) that transfers no data does not update the access time",
    ),
];

/// Why operations are left out of scripts in which somebody works directly in the lower directory:
/// the operation, and words of docs/behaviour.md.
pub static ABOVE_ALONE: &[(&str, &str)] = &[
    (
        "watch",
        "report changes made above, not those made below",
    ),
    (
        "unwatch",
        "report changes made above, not those made below",
    ),
    (
        "getcwd",
        "getcwd(2) and /proc/PID/cwd return the old path of a working directory that was moved below",
    ),
];
