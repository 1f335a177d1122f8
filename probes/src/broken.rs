// SPDX-License-Identifier: GPL-2.0

//! Why nothing that the compiler says here would prove anything.

use std::fmt;
use std::path::Path;

/// The surroundings or the questions themselves are at fault; no verdict about the kernel is possible.
#[derive(Debug)]
pub(crate) struct Broken {
    /// What was tried and what was found: a clause without a full stop.
    pub(crate) what: String,
    /// The compiler's first words, if it was the one to find it.
    pub(crate) words: Option<String>,
    /// What a person does next: a sentence.
    pub(crate) next: String,
    /// The question at fault, if it is one of them.
    pub(crate) question: Option<String>,
}

impl Broken {
    /// Says what was found and what a person does next.
    pub(crate) fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            words: None,
            next: next.into(),
            question: None,
        }
    }

    /// A file or directory that has to be there and cannot be used.
    pub(crate) fn file(doing: &str, path: &Path, error: &std::io::Error, next: &str) -> Self {
        Self::new(format!("{doing} {} failed: {error}", shown(path)), next)
    }

    /// Adds the compiler's first words.
    pub(crate) fn words(mut self, words: impl Into<String>) -> Self {
        self.words = Some(words.into());
        self
    }

    /// Adds the question at fault.
    pub(crate) fn question(mut self, name: &str) -> Self {
        self.question = Some(name.to_string());
        self
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "environment broken: {}.", self.what)?;
        if let Some(words) = &self.words {
            write!(f, "\n    rustc: {words}")?;
        }
        Ok(())
    }
}

/// A path as people read it: relative to the working directory where it lies below that.
pub(crate) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here)
        .unwrap_or(path)
        .display()
        .to_string()
}
