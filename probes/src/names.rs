// SPDX-License-Identifier: GPL-2.0

//! The names that bindgen generates.
//!
//! bindgen generates only the names in its arguments. A name that is missing there is missing in
//! the bindings of every kernel, so its absence says nothing about the kernel. A comment makes bindgen
//! generate nothing.

use crate::error::Error;
use crate::files::read;
use crate::source::{self, Token};
use std::collections::HashSet;
use std::path::PathBuf;

/// The names that the given files mention.
#[derive(Debug)]
pub(crate) struct Names {
    /// The crate of the bindings.
    bindings: String,
    /// The files: bindgen's arguments, and headers of the driver.
    pub(crate) files: Vec<PathBuf>,
    mentioned: HashSet<String>,
}

impl Names {
    /// Reads the files; without any, every name counts as generated.
    pub(crate) fn read(bindings: &str, files: &[PathBuf]) -> Result<Self, Error> {
        let mut mentioned = HashSet::new();
        for file in files {
            let mut text = read(file)?;
            // In bindgen's arguments, # begins a comment; in C, a line of the preprocessor.
            if file.extension().map_or(true, |ending| ending != "h") {
                let lines = text.lines().filter(|line| !line.starts_with('#'));
                text = lines.collect::<Vec<_>>().join("\n");
            }
            let tokens = source::tokens(&text);
            mentioned.extend(tokens.iter().filter_map(Token::word).map(str::to_string));
        }
        Ok(Self {
            bindings: bindings.to_string(),
            files: files.to_vec(),
            mentioned,
        })
    }

    /// Whether one of the files mentions `name`. Without files, every name counts.
    pub(crate) fn is_mentioned(&self, name: &str) -> bool {
        self.files.is_empty() || self.mentioned.contains(name)
    }

    /// The name in the bindings that `path` leads to, if bindgen's arguments do not list it.
    pub(crate) fn not_generated(&self, path: &[&str]) -> Option<String> {
        let [first, name, ..] = path else { return None };
        let checked = *first == self.bindings && !self.files.is_empty();
        (checked && !self.mentioned.contains(*name)).then(|| format!("{first}::{name}"))
    }
}
