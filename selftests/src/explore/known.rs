// SPDX-License-Identifier: GPL-2.0

//! The differences that docs/behaviour.md describes, which are no finding. A test looks for their
//! words there.

use std::collections::BTreeSet;

use super::coverage::{class, SUCCESS};
use super::script::Act;
use super::variation::Variation;

/// A known difference.
#[derive(Debug)]
pub struct Known {
    /// Its name.
    pub name: &'static str,
    /// Words of docs/behaviour.md that explain it.
    pub words: &'static str,
    /// The operations that have it.
    pub operations: &'static [&'static str],
    /// Whether the two sides are different from then on, so that the script ends.
    pub ends: bool,
    /// Whether it explains that the plain directory gave the first answer, and the mount the second
    /// one, after what the script has done.
    explains: fn(&History, &str, &str) -> bool,
}

/// The table.
pub static KNOWN: &[Known] = &[
    Known {
        name: "ids-after-permissions",
        words: "fails with `EACCES` instead of `EOVERFLOW`",
        operations: CREATING,
        ends: false,
        explains: |_, plain, mount| (plain, mount) == ("EOVERFLOW", "EACCES"),
    },
    Known {
        name: "ids-after-permissions",
        words: "or with `EPERM` if the directory is immutable",
        operations: CREATING,
        ends: false,
        explains: |before, plain, mount| {
            let sets = ["chattr", "set-flags"];
            sets.iter().any(|name| before.has(name, SUCCESS))
                && (plain, mount) == ("EOVERFLOW", "EPERM")
        },
    },
    Known {
        name: "ids-after-permissions",
        words: "mknod(2) of a device fails with `EPERM` too",
        operations: &["mknod"],
        ends: false,
        explains: |_, plain, mount| (plain, mount) == ("EOVERFLOW", "EPERM"),
    },
    // An actor can open the directory that the mount is in.
    Known {
        name: "clone-from-outside",
        words: "FICLONE, FICLONERANGE and FIDEDUPERANGE between two mounts of base0fs fail with `EXDEV`",
        operations: &["clone"],
        ends: false,
        explains: |_, plain, mount| (plain, mount) == ("EISDIR", "EXDEV"),
    },
    Known {
        name: "immutable-below",
        words: "After `chattr` below, this has three effects until the file is next looked up",
        operations: &["set-flags", "mmap", "copy-range", "removexattr", "fremovexattr"],
        ends: true,
        explains: |before, plain, mount| {
            before.has_below(&["chattr"]) && is_refused(plain) != is_refused(mount)
        },
    },
    Known {
        name: "no-longer-immutable-below",
        words: "so do the other changes by an open descriptor",
        operations: &[
            "fchmod",
            "fchown",
            "futimens",
            "ftruncate",
            "script",
            "fallocate",
            "fsetxattr",
            "fremovexattr",
            "link-open",
        ],
        ends: true,
        explains: |before, plain, mount| {
            before.has_below(&["chattr"]) && mount == "EPERM" && !is_refused(plain)
        },
    },
    Known {
        name: "links-to-set-id",
        words: "link(2) does not protect such a file",
        operations: &["link", "link-open"],
        ends: true,
        explains: |before, plain, mount| {
            let is_nosuid = matches!(before.variation, Variation::Flags);
            let is_set = before.has("chmod", SUCCESS) || before.has("fchmod", SUCCESS);
            is_nosuid && is_set && (plain, mount) == ("EPERM", "done")
        },
    },
    Known {
        name: "owner-below",
        words: "What only the owner of an open file may do, the VFS decides by the owner that base0fs last saw",
        operations: &["set-flags", "lease", "chattr", "fsetxattr", "fremovexattr"],
        ends: true,
        explains: |before, plain, mount| {
            before.has_below(&["chown", "fchown"]) && is_refused(plain) != is_refused(mount)
        },
    },
    // tmpfs lists the names in the order in which they were first looked up, as long as it knows that.
    Known {
        name: ORDER,
        words: "even over filesystems that cache none, such as tmpfs",
        operations: &["list"],
        ends: false,
        explains: |before, plain, mount| before.is_in_tmpfs && sorted(plain) == sorted(mount),
    },
    Known {
        name: ORDER,
        words: "may therefore list names in another order",
        operations: &["getdents"],
        ends: false,
        explains: |before, plain, mount| {
            before.is_in_tmpfs && plain.starts_with('[') && mount.starts_with('[')
        },
    },
    Known {
        name: "position-in-another-order",
        words: "may therefore list names in another order",
        operations: &["lseek"],
        ends: false,
        explains: |before, plain, mount| {
            let is_number = |answer: &str| answer.parse::<u64>().is_ok();
            before.has_met(ORDER) && is_number(plain) && is_number(mount)
        },
    },
    Known {
        name: "open-events-of-busy-programs",
        words: "A program that is not executed because it is open for writing (`ETXTBSY`) has no open event",
        operations: &["events"],
        ends: false,
        explains: |before, plain, mount| {
            before.has("exec", BUSY) && before.shared(plain) == before.shared(mount)
        },
    },
    Known {
        name: "two-events-of-truncation",
        words: "A truncation that takes set-id bits has two events",
        operations: &["events"],
        ends: false,
        explains: |_, plain, mount| {
            let [size, attributes] = [libc::IN_MODIFY, libc::IN_ATTRIB];
            // A watch for one of the two has the whole event of the plain directory, and its part
            // of the mount's events.
            let parts = [&[attributes, size][..], &[attributes], &[size]];
            watches(plain).union(&watches(mount)).all(|watch| {
                let of = |events, parts| separate(events, watch, parts);
                parts
                    .iter()
                    .any(|parts| of(plain, parts) == of(mount, parts))
            })
        },
    },
    Known {
        name: "names-of-handles",
        words: "The events of a file with several names that was opened by its handle",
        operations: &["events"],
        ends: false,
        explains: |before, plain, mount| {
            before.has("open-handle", SUCCESS) && before.shared(plain) == before.shared(mount)
        },
    },
    Known {
        name: "events-of-mappings",
        words: "madvise(2) with `MADV_REMOVE` has no modify event",
        operations: &["events"],
        ends: false,
        explains: |before, plain, mount| {
            before.has("madvise", SUCCESS) && before.shared(plain) == before.shared(mount)
        },
    },
    Known {
        name: "space-of-removed-files",
        words: "keeps its space while base0fs has its name cached",
        operations: &["open-handle"],
        ends: true,
        explains: |before, plain, mount| {
            before.has_below(&["unlink", "rename"])
                && (plain, class(mount).as_str()) == ("ESTALE", SUCCESS)
        },
    },
];

/// The operations that create a name or a file.
const CREATING: &[&str] = &[
    "open",
    "openat2",
    "mkdir",
    "mknod",
    "symlink",
    "link",
    "link-open",
    "rename",
];

/// The name of the difference between orders of names.
const ORDER: &str = "order-of-names";

/// The error of a program that is open for writing.
const BUSY: &str = "ETXTBSY";

/// What a script has met.
#[derive(Debug)]
pub struct History {
    /// Whether the directories are in tmpfs.
    is_in_tmpfs: bool,
    /// What is mounted where.
    variation: Variation,
    /// Which answers the operations have had.
    answers: BTreeSet<(&'static str, String)>,
    /// Which operations have succeeded below.
    below: BTreeSet<&'static str>,
    /// The known differences.
    known: BTreeSet<&'static str>,
}

impl History {
    /// Nothing yet. `is_in_tmpfs` says whether the plain and the lower directory are in tmpfs.
    pub fn new(is_in_tmpfs: bool, variation: Variation) -> Self {
        Self {
            is_in_tmpfs,
            variation,
            answers: BTreeSet::new(),
            below: BTreeSet::new(),
            known: BTreeSet::new(),
        }
    }

    /// Notes the answer to an operation.
    pub fn note(&mut self, act: &Act, answer: &str) {
        let (name, class) = (act.operation.kind.name, class(answer));
        if act.actor.below && class == SUCCESS {
            self.below.insert(name);
        }
        self.answers.insert((name, class));
    }

    /// The known difference that explains the two answers to an operation, if one does.
    pub fn explains(
        &mut self,
        operation: &str,
        plain: &str,
        mount: &str,
    ) -> Option<&'static Known> {
        let explains = |known: &&Known| {
            known.operations.contains(&operation) && (known.explains)(self, plain, mount)
        };
        let known = KNOWN.iter().find(explains)?;
        self.known.insert(known.name);
        Some(known)
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
        if self.has("open-handle", SUCCESS) {
            left_out.extend(OF_OPEN_FILES.map(|mask| format!(":{mask:x}:")));
        }
        if self.has("madvise", SUCCESS) {
            left_out.push(format!(":{:x}:", libc::IN_MODIFY));
        }
        let is_shared =
            |event: &&str| !event.is_empty() && !left_out.iter().any(|part| event.contains(part));
        let mut rest: Vec<&str> = single(events).filter(is_shared).collect();
        rest.dedup();
        rest
    }

    /// Whether one of the operations has succeeded where the mount does not see it: below, or through
    /// the other one of two mounts.
    fn has_below(&self, operations: &[&'static str]) -> bool {
        let mut operations = operations.iter();
        operations.any(|name| match self.variation {
            Variation::Two => self.has(name, SUCCESS),
            _ => self.below.contains(name),
        })
    }

    fn has_met(&self, known: &str) -> bool {
        self.known.contains(known)
    }
}

/// The events that a file has by its descriptor, under the name by which it was opened.
const OF_OPEN_FILES: [u32; 7] = [
    libc::IN_ACCESS,
    libc::IN_MODIFY,
    libc::IN_ATTRIB,
    libc::IN_MODIFY | libc::IN_ATTRIB,
    libc::IN_CLOSE_WRITE,
    libc::IN_CLOSE_NOWRITE,
    libc::IN_OPEN,
];

/// Whether the caller may not do something.
fn is_refused(answer: &str) -> bool {
    matches!(answer, "EPERM" | "EACCES")
}

/// The single events or names of a list.
fn single(events: &str) -> impl Iterator<Item = &str> {
    events.trim_matches(['[', ']']).split(' ')
}

/// The watch that has the event.
fn watch_of(event: &str) -> &str {
    event.split(':').next().unwrap_or_default()
}

/// The watches that have events in a list.
fn watches(events: &str) -> BTreeSet<&str> {
    single(events).map(watch_of).collect()
}

/// The events of a watch, in which one of size and attributes is one for each of `parts`.
fn separate(events: &str, watch: &str, parts: &[u32]) -> Vec<String> {
    let mask = |mask: u32| format!(":{mask:x}:");
    let both = mask(libc::IN_MODIFY | libc::IN_ATTRIB);
    let mut events: Vec<String> = single(events)
        .filter(|event| watch_of(event) == watch)
        .flat_map(|event| parts.iter().map(|&part| event.replace(&both, &mask(part))))
        .collect();
    // The kernel merges an event with an equal one before it.
    events.dedup();
    events
}

/// A list of names in one order.
fn sorted(list: &str) -> Vec<&str> {
    let mut names: Vec<&str> = single(list).collect();
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
    (
        "noatime-without-use",
        "O_NOATIME that was set by fcntl(2) takes effect when the file is next used",
    ),
    // An actor can walk to the directory that the mount is in.
    (
        "handle-from-outside",
        "It leads to no directory that is not below the mounted one",
    ),
    (
        "access-of-direct-reads",
        "neither does one that reads with `O_DIRECT` over btrfs",
    ),
];

/// What the actors leave out because the kernel does not do it in the same way each time, also in two
/// plain directories. The second word of a pair is from docs/testing.md.
pub static UNSTEADY: &[(&str, &str)] = &[
    (
        "part-of-a-direct-write",
        "A write with `O_DIRECT` that ends within a block of the disk",
    ),
    (
        "data-after-a-negative-offset",
        "lseek(2) with `SEEK_DATA` or `SEEK_HOLE` from a negative offset",
    ),
    (
        "whiteout-without-owner",
        "renameat2(2) with `RENAME_WHITEOUT` by a user whose ids an idmapped mount does not have",
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
