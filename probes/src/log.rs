// SPDX-License-Identifier: GPL-2.0

//! The log of a run: each command line, and everything that the compiler printed.

use crate::error::{Error, FileError};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A log that is written during the run, so that an interrupted run leaves one too.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    file: File,
    failure: Option<io::Error>,
}

impl Log {
    /// Opens the log of this run, and appends to what it already contains.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let file = File::options()
            .create(true)
            .append(true)
            .open(path)
            .map_err(|error| {
                FileError::new(
                    "writing the log",
                    path,
                    error,
                    "Make the directory for generated files writable.",
                )
            })?;
        Ok(Self {
            path: path.to_path_buf(),
            file,
            failure: None,
        })
    }

    /// Adds a line. [`Log::close`] returns the first failure.
    pub(crate) fn line(&mut self, text: &str) {
        if let Err(error) = writeln!(self.file, "{}", text.trim_end_matches('\n')) {
            self.failure.get_or_insert(error);
        }
    }

    /// Fails if a part of the log could not be written.
    pub(crate) fn close(self) -> Result<(), Error> {
        match self.failure {
            None => Ok(()),
            Some(error) => Err(FileError::new(
                "writing the log",
                &self.path,
                error,
                "Free space on that filesystem.",
            )),
        }
    }
}
