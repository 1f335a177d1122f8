// SPDX-License-Identifier: GPL-2.0

//! What a tree looks like: each name, and which file it stands for.

use std::collections::HashMap;
use std::os::fd::AsFd;

use rustix::fs::{openat, statat, AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::operation::PLACES;

/// The files that a tree was made with, by inode number.
///
/// None of them may be freed while this is used, lest another file get its number.
#[derive(Debug, Default)]
pub struct Identities(HashMap<u64, &'static str>);

impl Identities {
    pub fn add(&mut self, stat: &Stat, label: &'static str) {
        self.0.insert(stat.st_ino, label);
    }

    /// Which of the files it is; of another one, what made it: its kind and mode.
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

/// Lists the tree: `NAME=FILE*LINKS` for each entry, sorted, or what went wrong.
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

/// Asks for every name that operations take, whether it is there or not.
pub fn ask(root: impl AsFd, identities: &Identities) -> String {
    let answers = PLACES.iter().map(|(directory, name)| {
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
