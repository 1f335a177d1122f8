// SPDX-License-Identifier: GPL-2.0

//! The state of a file, and of the environment.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Device, inode, size and times of a file or directory, or nothing.
pub(super) struct State(Option<fs::Metadata>);

impl State {
    /// The state of `path`, behind symbolic links.
    pub(super) fn of(path: &Path) -> Self {
        Self(fs::metadata(path).ok())
    }

    /// The state as text without blanks.
    pub(super) fn text(&self) -> String {
        let Some(it) = &self.0 else {
            return "absent".to_string();
        };
        // The size of a directory changes with what is in it on some filesystems only.
        let size = if it.is_dir() { 0 } else { it.len() };
        format!(
            "{}:{}:{size}:{}.{:09}:{}.{:09}:{:o}",
            it.dev(),
            it.ino(),
            it.mtime(),
            it.mtime_nsec(),
            it.ctime(),
            it.ctime_nsec(),
            it.mode()
        )
    }

    /// Whether a file was changed before the date of `other`, by a clock with fractions of seconds. What
    /// is not there is old.
    pub(super) fn is_older_than(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, Some(_)) => true,
            (Some(it), Some(other)) => {
                let changed = (it.ctime(), it.ctime_nsec());
                it.ctime_nsec() != 0 && changed < (other.mtime(), other.mtime_nsec())
            }
            (_, None) => false,
        }
    }
}

/// Variables that no build depends on: where and how somebody is at work.
const HARMLESS: [&str; 9] = [
    "_",
    "COLUMNS",
    "LINES",
    "MAKE_TERMERR",
    "MAKE_TERMOUT",
    "MFLAGS",
    "OLDPWD",
    "SHLVL",
    "TERM",
];

/// All other variables of the environment, sorted. make passes its command line on in MAKEFLAGS. How many
/// jobs it runs at once, and by which pipe they wait for each other, changes nothing that it makes.
pub(super) fn environment() -> String {
    let mut variables: Vec<_> = std::env::vars_os()
        .filter(|(name, _)| !HARMLESS.iter().any(|known| name == *known))
        .collect();
    variables.sort();
    let mut text = String::new();
    for (name, value) in variables {
        let value = value.to_string_lossy();
        if name == "MAKEFLAGS" {
            let is_job = |word: &&str| word.starts_with("-j") || word.starts_with("--jobserver");
            let words: Vec<&str> = value.split(' ').filter(|word| !is_job(word)).collect();
            _ = writeln!(text, "{name:?} {words:?}");
        } else {
            _ = writeln!(text, "{name:?} {value:?}");
        }
    }
    text
}
