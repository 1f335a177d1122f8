// SPDX-License-Identifier: GPL-2.0

//! The generated files. A failed or interrupted run leaves none that could be used as an answer.

use crate::cache::hash;
use crate::error::{Error, FileError};
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
/// All results, for programs.
pub(crate) const JSON: &str = "compat.json";
/// The answers as a table.
pub(crate) const TABLE: &str = "compat.txt";
/// The command lines and output of the compiler.
pub(crate) const LOG: &str = "compat.log";
/// The key of the run, and hashes of the files.
const KEY: &str = "compat.key";
/// The roots and other units that were compiled, so that a person can compile them again.
const UNITS: &str = "probe";
/// The key of the last comparison of what describes the kernel, and what was compared.
const TARGET: &str = "compat.target";
/// The key of the compiler that `compat-probe controls` has tried last.
const TRUSTED: &str = "compat.controls";
/// What the module is built from. A file whose content stays the same keeps its modification time.
const ANSWERS: [&str; 3] = [CFG, LINE, INFO];

/// The directory of generated files.
#[derive(Debug)]
pub(crate) struct Outputs {
    directory: PathBuf,
    /// Whether the files of earlier runs have been removed.
    invalidated: Cell<bool>,
}

impl Outputs {
    /// Opens the directory, and creates it if it does not exist.
    pub(crate) fn open(directory: &Path) -> Result<Self, Error> {
        fs::create_dir_all(directory)
            .and_then(|()| fs::canonicalize(directory))
            .map(|directory| Self {
                directory,
                invalidated: Cell::new(false),
            })
            .map_err(|error| unwritable(directory, error))
    }

    /// The path of the file `name`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The directory of generated units.
    pub(crate) fn units(&self) -> PathBuf {
        self.path(UNITS)
    }

    /// Whether the files are complete, unchanged, and of a run with this key.
    pub(crate) fn are_current(&self, key: &str) -> bool {
        let Ok(written) = fs::read_to_string(self.path(KEY)) else {
            return false;
        };
        let mut lines = written.lines();
        lines.next() == Some(key)
            && lines.all(|line| {
                line.split_once(' ').is_some_and(|(hashed, name)| {
                    fs::read(self.path(name)).is_ok_and(|text| hash(&text) == hashed)
                })
            })
    }

    /// Removes the files of earlier runs, and sets their answers aside. The second call does
    /// nothing.
    pub(crate) fn invalidate(&self) -> Result<(), Error> {
        if self.invalidated.replace(true) {
            return Ok(());
        }
        for name in [KEY, JSON, TABLE, LOG] {
            self.remove(name)?;
        }
        for name in ANSWERS {
            let path = self.path(name);
            unless_missing(fs::rename(&path, self.aside(name)), &path)?;
        }
        unless_missing(fs::remove_dir_all(self.units()), &self.units())?;
        fs::create_dir(self.units()).map_err(|error| unwritable(&self.units(), error))
    }

    /// Removes everything that could be used as an answer, including that of this run.
    pub(crate) fn remove_answers(&self) -> Result<(), Error> {
        self.invalidate()?;
        self.remove(KEY)?;
        ANSWERS.iter().try_for_each(|name| self.remove(name))
    }

    /// Writes a file under a temporary name, and renames it. So the file is complete, or missing.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        let (path, aside) = (self.path(name), self.aside(name));
        let unchanged = fs::read(&aside).is_ok_and(|old| old == text.as_bytes());
        let written = if unchanged {
            Ok(())
        } else {
            fs::write(&aside, text)
        };
        written
            .and_then(|()| fs::rename(&aside, &path))
            .map_err(|error| unwritable(&path, error))
    }

    /// Writes the key and the answers. The arguments for rustc come last: if they exist, so does
    /// the rest.
    pub(crate) fn write_answers(
        &self,
        key: &str,
        answers: [(&str, String); 3],
    ) -> Result<(), Error> {
        let mut written = format!("{key}\n");
        for name in [JSON, TABLE, LOG] {
            let path = self.path(name);
            let text = fs::read(&path).map_err(|error| unwritable(&path, error))?;
            written.push_str(&format!("{} {name}\n", hash(&text)));
        }
        for (name, text) in &answers {
            written.push_str(&format!("{} {name}\n", hash(text.as_bytes())));
        }
        self.write(KEY, &written)?;
        answers
            .iter()
            .try_for_each(|(name, text)| self.write(name, text))
    }

    /// What was compared, if the last comparison of what describes the kernel had this key and found
    /// no difference.
    pub(crate) fn compared(&self, key: &str) -> Option<Vec<String>> {
        let written = fs::read_to_string(self.path(TARGET)).ok()?;
        let mut lines = written.lines();
        (lines.next() == Some(key)).then(|| lines.map(str::to_string).collect())
    }

    /// Keeps what was compared. A comparison that fails keeps nothing.
    pub(crate) fn write_compared(&self, key: &str, compared: &[String]) -> Result<(), Error> {
        self.write(TARGET, &format!("{key}\n{}\n", compared.join("\n")))
    }

    /// Whether the compiler with this key was tried.
    pub(crate) fn is_trusted(&self, key: &str) -> bool {
        fs::read_to_string(self.path(TRUSTED)).is_ok_and(|written| written == key)
    }

    /// Keeps the key of a compiler that was tried.
    pub(crate) fn write_trusted(&self, key: &str) -> Result<(), Error> {
        self.write(TRUSTED, key)
    }

    /// Removes the answers that [`Outputs::invalidate`] has set aside.
    pub(crate) fn remove_aside(&self) {
        for name in ANSWERS {
            // Nobody uses them by this name, so a failure does no harm.
            _ = fs::remove_file(self.aside(name));
        }
    }

    fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.path(name);
        unless_missing(fs::remove_file(&path), &path)
    }

    fn aside(&self, name: &str) -> PathBuf {
        self.path(&format!("{name}.aside"))
    }
}

/// Takes a missing file for success.
fn unless_missing(result: io::Result<()>, path: &Path) -> Result<(), Error> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unwritable(path, error)),
        _ => Ok(()),
    }
}

fn unwritable(path: &Path, error: io::Error) -> Error {
    FileError::new(
        "writing",
        path,
        error,
        "Make the directory for generated files writable, and free space on its filesystem.",
    )
}
