// SPDX-License-Identifier: GPL-2.0

//! Reading directories.

use std::collections::BTreeSet;

use rustix::fs::{FileType, SeekFrom};
use rustix::io::Errno;

use crate::case::{expect, Case, Expect, Outcome, Run};
use crate::ops::{File, RDONLY};
use crate::show::kind_name;
use crate::tree::Entry;
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "readdir",
    about: "read directories: many entries, small buffers, types, seeking, changes while reading",
    risk: "backups and copies may miss files, or take them twice",
    run: Run::Compared(run),
};

const MANY: usize = 300;

fn run(w: &World) -> Outcome {
    types(w)?;
    w.mkdir("many", 0o755)?;
    // The entries come into being below, so that reading them is the first that is done with them
    // above.
    let below = w.below();
    for number in 0..MANY {
        below.mknod(
            &format!("many/entry-number-{number}"),
            FileType::RegularFile,
            0o600,
            0,
        )?;
    }
    in_parts(w)?;
    seeking(w)?;
    changing(w)
}

/// Records the names of entries in a sorted line, so that only what was found counts, not its
/// order.
fn record(w: &World, what: &str, entries: &[Entry]) {
    let mut names: Vec<String> = entries
        .iter()
        .map(|entry| format!("{}({})", entry.name, kind_name(entry.kind)))
        .collect();
    names.sort();
    w.note(what, &names);
}

fn types(w: &World) -> Outcome {
    w.mkdir("types", 0o755)?;
    w.mkdir("types/directory", 0o755)?;
    w.write_file("types/file", b"")?;
    w.symlink("file", "types/symlink")?;
    w.mknod("types/fifo", FileType::Fifo, 0o600, 0)?;
    w.mknod("types/socket", FileType::Socket, 0o600, 0)?;
    w.mknod("types/chrdev", FileType::CharacterDevice, 0o600, 0x103)?;
    let entries = w.open("types", RDONLY)?.rest_of_directory(4_096)?;
    record(w, "entries", &entries);
    for entry in entries {
        let stat = w.lstat(&format!("types/{}", entry.name))?;
        // Only the root's dot-dot lies outside the world.
        w.note(
            format!("d_ino of {} is its st_ino", entry.name),
            &(entry.ino == stat.st_ino),
        );
    }
    Ok(())
}

fn in_parts(w: &World) -> Outcome {
    for buffer in [64, 300, 4_096, 65_536] {
        let entries = w.open("many", RDONLY)?.rest_of_directory(buffer)?;
        let names: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        expect(
            "each entry appears once",
            (names.len(), entries.len()),
            (MANY + 2, MANY + 2),
        )?;
        record(w, "entries", &entries);
    }
    w.open("many", RDONLY)?
        .rest_of_directory(20)
        .refused(Errno::INVAL)?;
    w.write_file("file", b"")?;
    w.open("file", RDONLY)?
        .rest_of_directory(4_096)
        .refused(Errno::NOTDIR)?;
    Ok(())
}

fn names_from(w: &World, directory: &File, what: &str) -> Result<Vec<String>, Errno> {
    let entries = directory.rest_of_directory(4_096)?;
    let names: Vec<String> = entries.iter().map(|entry| entry.name.clone()).collect();
    w.note(what, &names.len());
    Ok(names)
}

fn seeking(w: &World) -> Outcome {
    let directory = w.open("many", RDONLY)?;
    let all = directory.rest_of_directory(1_000)?;
    // A second reading from the start, and from the position after any entry, goes on with the
    // entry after it.
    for after in [0, 1, 50, 200, MANY, MANY + 1] {
        // The positions themselves are the lower filesystem's own, and differ between directories.
        rustix::fs::seek(&directory, SeekFrom::Start(all[after].next))?;
        let rest = names_from(w, &directory, "after a seek")?;
        let expected: Vec<String> = all[after + 1..]
            .iter()
            .map(|entry| entry.name.clone())
            .collect();
        expect("what follows an entry", rest == expected, true)?;
    }
    directory.seek(SeekFrom::Start(0))?;
    names_from(w, &directory, "rewound")?;
    directory
        .seek(SeekFrom::Start(1 << 63))
        .refused(Errno::INVAL)?;
    Ok(())
}

fn changing(w: &World) -> Outcome {
    // Removing everything while reading in small parts meets every entry once.
    let directory = w.open("many", RDONLY)?;
    let mut removed = 0;
    loop {
        rustix::fs::seek(&directory, SeekFrom::Start(0))?;
        let names = tree_names(&directory)?;
        if names.is_empty() {
            break;
        }
        for name in names.iter().take(120) {
            rustix::fs::unlink(w.path(&format!("many/{name}")))?;
            removed += 1;
        }
    }
    w.note("removed while reading", &removed);
    w.write_file("many/new", b"")?;
    w.below().write_file("many/new below", b"")?;
    directory.seek(SeekFrom::Start(0))?;
    record(w, "after new entries", &directory.rest_of_directory(4_096)?);
    let moment = rustix::fs::Timespec {
        tv_sec: 1_000_000_000,
        tv_nsec: 0,
    };
    w.utimens("many", moment, moment)?;
    w.stamped("reading a directory", "many", || {
        w.open("many", RDONLY)?.rest_of_directory(4_096)
    })?;
    Ok(())
}

fn tree_names(directory: &File) -> Result<Vec<String>, Errno> {
    let entries = crate::tree::rest_of_directory(directory, 2_048)?;
    Ok(entries
        .into_iter()
        .map(|entry| entry.name)
        .filter(|name| name != "." && name != "..")
        .collect())
}
