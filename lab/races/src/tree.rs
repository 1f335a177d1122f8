// SPDX-License-Identifier: GPL-2.0

//! Describing a tree as text: each name and its file.

use std::collections::HashMap;
use std::os::fd::AsFd;

use rustix::fs::{openat, statat, AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::operation::ENTRIES;

/// Labels of the files that a fixture was made with, by inode number.
///
/// Keep these files open or linked while using it. Otherwise a new file could reuse an inode
/// number.
#[derive(Debug, Default)]
pub struct Identities(HashMap<u64, &'static str>);

impl Identities {
    pub fn add(&mut self, stat: &Stat, label: &'static str) {
        self.0.insert(stat.st_ino, label);
    }

    /// The label of the file; for a file made later, its type and mode.
    pub fn of(&self, stat: &Stat) -> String {
        match self.0.get(&stat.st_ino) {
            Some(label) => (*label).to_owned(),
            None => {
                let kind = FileType::from_raw_mode(stat.st_mode);
                format!("new {kind:?} {:o}", stat.st_mode & 0o777)
            }
        }
    }
}

/// Lists the tree with readdir: `NAME=FILE*LINKS` or an error for each entry, sorted.
pub fn list(root: impl AsFd, identities: &Identities) -> String {
    let mut lines = Vec::new();
    if let Err(errno) = walk(root, ".", identities, &mut lines) {
        lines.push(format!("{errno:?}"));
    }
    lines.sort();
    lines.join(" ")
}

fn walk(
    directory: impl AsFd,
    path: &str,
    identities: &Identities,
    lines: &mut Vec<String>,
) -> Result<(), Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = openat(directory, ".", flags, Mode::empty())?;
    for entry in Dir::read_from(&directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let shown = name.to_string_lossy();
        if shown == "." || shown == ".." {
            continue;
        }
        let full = format!("{path}/{shown}");
        let stat = match statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(errno) => {
                lines.push(format!("{full}:{errno:?}"));
                continue;
            }
        };
        let number = match stat.st_ino == entry.ino() {
            true => "",
            false => " (d_ino differs)",
        };
        let file = identities.of(&stat);
        lines.push(format!("{full}={file}*{}{number}", stat.st_nlink));
        if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
            match openat(&directory, name, flags, Mode::empty()) {
                Ok(inner) => walk(inner, &full, identities, lines)?,
                Err(errno) => lines.push(format!("{full}:{errno:?}")),
            }
        }
    }
    Ok(())
}

/// Looks up each name that operations use, and describes those that exist.
pub fn look_up_all(root: impl AsFd, identities: &Identities) -> String {
    let answers = ENTRIES.iter().map(|(directory, name)| {
        let path = format!("{directory}/{name}");
        match statat(&root, &path, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => format!("{path}={}", identities.of(&stat)),
            Err(Errno::NOENT | Errno::NOTDIR) => String::new(),
            Err(errno) => format!("{path}:{errno:?}"),
        }
    });
    answers
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
