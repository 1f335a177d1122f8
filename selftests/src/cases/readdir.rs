// SPDX-License-Identifier: GPL-2.0

//! Reading directories.

use std::collections::BTreeSet;

use rustix::fs::{FileType, SeekFrom};
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{seconds, File, RDONLY};
use crate::outcome::{expect, Expect, Outcome};
use crate::test_dir::TestDir;
use crate::tree::Entry;

pub(super) const CASE: Case = Case {
    name: "readdir",
    about: "read directories: many entries, small buffers, types, seeking, changes while reading",
    risk: "backups and copies may miss files, or copy them twice",
    run: Run::Compared(run),
};

const MANY: usize = 300;

fn run(dir: &TestDir) -> Outcome {
    types(dir)?;
    dir.mkdir("many", 0o755)?;
    // The entries are created below, so that no dentry is cached above.
    let below = dir.below();
    for number in 0..MANY {
        below.mknod(
            &format!("many/entry-number-{number}"),
            FileType::RegularFile,
            0o600,
            0,
        )?;
    }
    in_parts(dir)?;
    seeking(dir)?;
    changing(dir)
}

/// Records the names and types of entries, sorted: the order is the lower filesystem's.
fn record_entries(dir: &TestDir, what: &str, entries: &[Entry]) {
    let mut names: Vec<String> = entries.iter().map(Entry::name_and_kind).collect();
    names.sort();
    dir.record(what, &names);
}

fn types(dir: &TestDir) -> Outcome {
    dir.mkdir("types", 0o755)?;
    dir.mkdir("types/directory", 0o755)?;
    dir.write_file("types/file", b"")?;
    dir.symlink("file", "types/symlink")?;
    dir.mknod("types/fifo", FileType::Fifo, 0o600, 0)?;
    dir.mknod("types/socket", FileType::Socket, 0o600, 0)?;
    dir.mknod("types/chrdev", FileType::CharacterDevice, 0o600, 0x103)?;
    let entries = dir.open("types", RDONLY)?.rest_of_directory(4_096)?;
    record_entries(dir, "entries", &entries);
    for entry in entries {
        let stat = dir.lstat(&format!("types/{}", entry.name))?;
        dir.record(
            format!("d_ino of {} is its st_ino", entry.name),
            &(entry.ino == stat.st_ino),
        );
    }
    Ok(())
}

fn in_parts(dir: &TestDir) -> Outcome {
    for buffer in [64, 300, 4_096, 65_536] {
        let entries = dir.open("many", RDONLY)?.rest_of_directory(buffer)?;
        let names: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        expect(
            "each entry appears once",
            (names.len(), entries.len()),
            (MANY + 2, MANY + 2),
        )?;
        record_entries(dir, "entries", &entries);
    }
    dir.open("many", RDONLY)?
        .rest_of_directory(20)
        .refused(Errno::INVAL)?;
    dir.write_file("file", b"")?;
    dir.open("file", RDONLY)?
        .rest_of_directory(4_096)
        .refused(Errno::NOTDIR)?;
    Ok(())
}

fn record_rest(dir: &TestDir, directory: &File, what: &str) -> Result<Vec<String>, Errno> {
    let entries = directory.rest_of_directory(4_096)?;
    let names: Vec<String> = entries.iter().map(|entry| entry.name.clone()).collect();
    dir.record(what, &names.len());
    Ok(names)
}

fn seeking(dir: &TestDir) -> Outcome {
    let directory = dir.open("many", RDONLY)?;
    let all = directory.rest_of_directory(1_000)?;
    // After a seek to an entry's `d_off`, reading continues with the next entry.
    for after in [0, 1, 50, 200, MANY, MANY + 1] {
        // Positions differ between directories, so the seek is not recorded.
        rustix::fs::seek(&directory, SeekFrom::Start(all[after].next))?;
        let rest = record_rest(dir, &directory, "after a seek")?;
        let expected: Vec<String> = all[after + 1..]
            .iter()
            .map(|entry| entry.name.clone())
            .collect();
        expect("what follows an entry", rest == expected, true)?;
    }
    directory.seek(SeekFrom::Start(0))?;
    record_rest(dir, &directory, "rewound")?;
    directory
        .seek(SeekFrom::Start(1 << 63))
        .refused(Errno::INVAL)?;
    Ok(())
}

fn changing(dir: &TestDir) -> Outcome {
    // Reading and removing in turn finds every entry once.
    let directory = dir.open("many", RDONLY)?;
    let mut removed = 0;
    loop {
        rustix::fs::seek(&directory, SeekFrom::Start(0))?;
        let names = names_from_position(&directory)?;
        if names.is_empty() {
            break;
        }
        for name in names.iter().take(120) {
            rustix::fs::unlink(dir.path(&format!("many/{name}")))?;
            removed += 1;
        }
        // A layer that reports a removal and does nothing would be read for ever.
        expect("at most all entries are found", removed <= MANY, true)?;
    }
    dir.record("removed while reading", &removed);
    dir.write_file("many/new", b"")?;
    dir.below().write_file("many/new below", b"")?;
    directory.seek(SeekFrom::Start(0))?;
    record_entries(
        dir,
        "after new entries",
        &directory.rest_of_directory(4_096)?,
    );
    let moment = seconds(1_000_000_000);
    dir.utimens("many", moment, moment)?;
    dir.record_times("reading a directory", "many", || {
        dir.open("many", RDONLY)?.rest_of_directory(4_096)
    })?;
    Ok(())
}

fn names_from_position(directory: &File) -> Result<Vec<String>, Errno> {
    let entries = crate::tree::rest_of_directory(directory, 2_048)?;
    Ok(entries
        .into_iter()
        .map(|entry| entry.name)
        .filter(|name| name != "." && name != "..")
        .collect())
}
