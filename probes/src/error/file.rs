// SPDX-License-Identifier: GPL-2.0

//! Files and directories that cannot be used.

use super::{Error, ErrorKind, Message};
use crate::paths::display;
use std::io;
use std::path::{Path, PathBuf};

/// A file or directory cannot be used.
#[derive(Debug)]
pub(crate) struct FileError {
    /// What was tried, such as `reading`.
    doing: &'static str,
    path: PathBuf,
    error: io::Error,
    /// What to do.
    next: &'static str,
}

impl FileError {
    /// `doing` says what was tried with `path`, and `next` what to do about it.
    // It is only made to be returned.
    #[allow(clippy::new_ret_no_self)]
    pub(crate) fn new(
        doing: &'static str,
        path: &Path,
        error: io::Error,
        next: &'static str,
    ) -> Error {
        let path = path.to_path_buf();
        ErrorKind::File(Self {
            doing,
            path,
            error,
            next,
        })
        .into()
    }

    pub(super) fn message(&self) -> Message {
        let (doing, path) = (self.doing, display(&self.path));
        Message::new(format!("{doing} {path} failed: {}", self.error), self.next)
    }
}
