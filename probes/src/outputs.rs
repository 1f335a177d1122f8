// SPDX-License-Identifier: GPL-2.0

//! The files that a run leaves, and that an interrupted or failed run does not.

use crate::broken::Broken;
use crate::cache::fingerprint;
use std::cell::Cell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The answers as arguments for rustc.
pub(crate) const CFG: &str = "compat.cfg";
/// The answers in one line.
pub(crate) const LINE: &str = "compat.line";
/// The same line as C, for `modinfo -F compat`.
pub(crate) const INFO: &str = "compat_info.c";
/// Everything that was found.
pub(crate) const JSON: &str = "compat.json";
/// The answers as a table.
pub(crate) const TABLE: &str = "compat.txt";
/// What the compiler was told and what it said.
pub(crate) const LOG: &str = "compat.log";
/// What the answers depend on, and what the files held.
const KEY: &str = "compat.key";
/// The roots and other units that the compiler was given, so that a person can do it again.
const UNITS: &str = "probe";
/// What the module is built from; kept as they are when a new run finds the same.
const ANSWERS: [&str; 3] = [CFG, LINE, INFO];

/// The directory of generated files.
#[derive(Debug)]
pub(crate) struct Outputs {
    directory: PathBuf,
    /// Whether what is there is of this run.
    begun: Cell<bool>,
}

impl Outputs {
    /// Opens the directory, and makes it if need be.
    pub(crate) fn open(directory: &Path) -> Result<Self, Broken> {
        fs::create_dir_all(directory)
            .and_then(|()| fs::canonicalize(directory))
            .map(|directory| Self {
                directory,
                begun: Cell::new(false),
            })
            .map_err(|error| unwritable(directory, &error))
    }

    /// The path of the file `name`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The directory of made units.
    pub(crate) fn units(&self) -> PathBuf {
        self.path(UNITS)
    }

    /// Whether the files are those of a run with this key, whole and untouched.
    pub(crate) fn whole(&self, key: &str) -> bool {
        let Ok(sealed) = fs::read_to_string(self.path(KEY)) else {
            return false;
        };
        let mut lines = sealed.lines();
        lines.next() == Some(key)
            && lines.all(|line| {
                line.split_once(' ').is_some_and(|(print, name)| {
                    fs::read(self.path(name)).is_ok_and(|text| fingerprint(&text) == print)
                })
            })
    }

    /// Takes away what an earlier run has left, before anything is asked; only once in a run.
    pub(crate) fn retract(&self) -> Result<(), Broken> {
        if self.begun.replace(true) {
            return Ok(());
        }
        for name in [KEY, JSON, TABLE, LOG] {
            gone(fs::remove_file(self.path(name)), &self.path(name))?;
        }
        for name in ANSWERS {
            gone(
                fs::rename(self.path(name), self.aside(name)),
                &self.path(name),
            )?;
        }
        gone(fs::remove_dir_all(self.units()), &self.units())?;
        fs::create_dir(self.units()).map_err(|error| unwritable(&self.units(), &error))
    }

    /// Takes away all that could be taken for an answer, also of this run.
    pub(crate) fn withdraw(&self) -> Result<(), Broken> {
        self.retract()?;
        [KEY]
            .iter()
            .chain(&ANSWERS)
            .try_for_each(|name| gone(fs::remove_file(self.path(name)), &self.path(name)))
    }

    /// Writes a file under another name and then gives it its own.
    pub(crate) fn put(&self, name: &str, text: &str) -> Result<(), Broken> {
        let (path, aside) = (self.path(name), self.aside(name));
        let unchanged = fs::read(&aside).is_ok_and(|old| old == text.as_bytes());
        let made = if unchanged {
            Ok(())
        } else {
            fs::write(&aside, text)
        };
        made.and_then(|()| fs::rename(&aside, &path))
            .map_err(|error| unwritable(&path, &error))
    }

    /// Writes the answers. The arguments for rustc come last: where they are, the rest is.
    pub(crate) fn seal(&self, key: &str, answers: [(&str, String); 3]) -> Result<(), Broken> {
        let mut sealed = format!("{key}\n");
        for name in [JSON, TABLE, LOG] {
            let text =
                fs::read(self.path(name)).map_err(|error| unwritable(&self.path(name), &error))?;
            sealed.push_str(&format!("{} {name}\n", fingerprint(&text)));
        }
        for (name, text) in &answers {
            sealed.push_str(&format!("{} {name}\n", fingerprint(text.as_bytes())));
        }
        self.put(KEY, &sealed)?;
        answers
            .iter()
            .try_for_each(|(name, text)| self.put(name, text))
    }

    /// Takes away the answers that [`Outputs::retract`] had put aside.
    pub(crate) fn forget(&self) {
        for name in ANSWERS {
            // They are no answers under that name; what cannot be removed does no harm.
            _ = fs::remove_file(self.aside(name));
        }
    }

    fn aside(&self, name: &str) -> PathBuf {
        self.path(&format!("{name}.aside"))
    }
}

/// That there was nothing to take away is no failure.
fn gone(done: io::Result<()>, path: &Path) -> Result<(), Broken> {
    match done {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unwritable(path, &error)),
        _ => Ok(()),
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Broken {
    Broken::file(
        "writing",
        path,
        error,
        "Make the directory for generated files writable, with room in it.",
    )
}
