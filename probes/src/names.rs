// SPDX-License-Identifier: GPL-2.0

//! The names that bindgen is asked for, and so the only ones whose absence tells something.
//!
//! bindgen takes what a list names, and no more. A function that is missing from the bindings may be
//! missing from the list; then every kernel seems to lack it.

use crate::broken::{shown, Broken};
use crate::question::read;
use std::collections::HashSet;
use std::path::PathBuf;

/// The names that the given files mention.
#[derive(Debug)]
pub(crate) struct Names {
    /// The crate of the bindings.
    bindings: String,
    /// The files: bindgen's arguments, and headers of the driver's own.
    files: Vec<PathBuf>,
    mentioned: HashSet<String>,
}

impl Names {
    /// Reads the files; without any, each name may be asked for.
    pub(crate) fn read(bindings: &str, files: &[PathBuf]) -> Result<Self, Broken> {
        let mut mentioned = HashSet::new();
        for file in files {
            let text = read(file)?;
            let words = text.split(|c: char| !(c == '_' || c.is_alphanumeric()));
            mentioned.extend(words.map(str::to_string));
        }
        Ok(Self {
            bindings: bindings.to_string(),
            files: files.to_vec(),
            mentioned,
        })
    }

    /// If `path` names something of the bindings that bindgen is not asked for: the fault, and what to do.
    pub(crate) fn unasked(&self, path: &[&str]) -> Option<(String, String)> {
        let [first, name, ..] = path else { return None };
        if *first != self.bindings || self.files.is_empty() || self.mentioned.contains(*name) {
            return None;
        }
        let files: Vec<String> = self.files.iter().map(|file| shown(file)).collect();
        let files = files.join(", ");
        Some((
            format!("names `{first}::{name}`, which no kernel's bindings hold, because bindgen is not asked for it in {files}"),
            "Correct the name, or ask for it there.".to_string(),
        ))
    }
}
