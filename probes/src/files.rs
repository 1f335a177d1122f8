// SPDX-License-Identifier: GPL-2.0

//! Reading the source files of questions, answers and controls.

use crate::error::{Error, FileError};
use std::path::{Path, PathBuf};

/// The text of a source file.
pub(crate) fn read(file: &Path) -> Result<String, Error> {
    read_or(file, "Create it, or remove what names it.")
}

/// The text of a file; `next` says what to do if it cannot be read.
pub(crate) fn read_or(file: &Path, next: &'static str) -> Result<String, Error> {
    std::fs::read_to_string(file).map_err(|error| FileError::new("reading", file, error, next))
}

/// The names of the Rust files in a directory, sorted and without `.rs`; none if there is no such
/// directory.
pub(crate) fn rust_files(directory: &Path) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = entries(directory)?
        .iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_string()))
        .collect();
    names.sort();
    Ok(names)
}

/// Adds the Rust files in a directory and in all directories below it to `files`.
pub(crate) fn rust_files_below(directory: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    for name in rust_files(directory)? {
        files.push(directory.join(format!("{name}.rs")));
    }
    for below in entries(directory)?.iter().filter(|path| path.is_dir()) {
        rust_files_below(below, files)?;
    }
    Ok(())
}

/// The directories in a directory, sorted; none if there is no such directory.
pub(crate) fn directories(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = entries(directory)?;
    found.retain(|path| path.is_dir());
    found.sort();
    Ok(found)
}

/// The paths in a directory, in no order; none if there is no such directory.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let listed = std::fs::read_dir(directory)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    match listed {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(FileError::new(
            "listing",
            directory,
            error,
            "Make the directory readable.",
        )),
        Ok(paths) => Ok(paths),
    }
}
