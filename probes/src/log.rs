// SPDX-License-Identifier: GPL-2.0

//! The log of a run: each command line, and all that the compiler said to it.

use crate::broken::Broken;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

/// A log that is written as the run goes on, so that an interrupted run leaves it too.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
    failed: Option<io::Error>,
}

impl Log {
    /// Opens the log of this run, which may have begun.
    pub(crate) fn open(path: &Path) -> Result<Self, Broken> {
        let file = File::options()
            .create(true)
            .append(true)
            .open(path)
            .map_err(|error| {
                Broken::file(
                    "writing the log",
                    path,
                    &error,
                    "Make the directory for generated files writable.",
                )
            })?;
        Ok(Self { file, failed: None })
    }

    /// Adds lines; a failure is kept for [`Log::end`].
    pub(crate) fn line(&mut self, text: &str) {
        if let Err(error) = writeln!(self.file, "{}", text.trim_end_matches('\n')) {
            self.failed.get_or_insert(error);
        }
    }

    /// Says whether all of the log was written.
    pub(crate) fn end(self, path: &Path) -> Result<(), Broken> {
        self.failed.map_or(Ok(()), |error| {
            Err(Broken::file(
                "writing the log",
                path,
                &error,
                "Make room on that filesystem.",
            ))
        })
    }
}
