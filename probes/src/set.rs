// SPDX-License-Identifier: GPL-2.0

//! Sets of answers that have to go together.
//!
//! Answers are compiled together with those that another kernel needs, so that each is judged by
//! itself. Whether the chosen ones fit each other is seen only when they alone are compiled: a file
//! in the directory `together` beside the questions names them, and uses their traits in a way that
//! compiles if they do.

use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::files::{read, rust_files};
use crate::paths::display;
use crate::source;
use crate::tree::Tree;
use crate::verdict::Verdict;
use std::path::{Path, PathBuf};

/// A file that compiles if the chosen answers fit each other.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
    /// The first sentence of the file: what has to be the same.
    about: String,
    /// The words of the file. Among them are the questions whose answers it uses.
    words: Vec<String>,
}

impl Set {
    /// Reads all sets in `directory`; none if there is no such directory.
    pub(crate) fn read_all(directory: &Path) -> Result<Vec<Self>, Error> {
        let read_one = |name: &String| {
            let file = directory.join(format!("{name}.rs"));
            let text = read(&file)?;
            let tokens = source::tokens(&text);
            Ok(Self {
                name: name.clone(),
                about: source::first_sentence(&text),
                words: tokens
                    .iter()
                    .filter_map(|token| token.word().map(str::to_string))
                    .collect(),
                file,
            })
        };
        rust_files(directory)?.iter().map(read_one).collect()
    }

    /// The verdict on chosen answers that do not fit each other, and what to do.
    pub(crate) fn misfit(
        &self,
        tree: &Tree,
        verdicts: &[Verdict],
        error: &Diagnostic,
    ) -> (String, String) {
        let questions = tree.questions.iter().zip(verdicts);
        let chosen: Vec<String> = questions
            .filter(|(question, _)| self.words.contains(&question.name))
            .filter_map(|(question, verdict)| {
                let answer = &question.answers[verdict.answer()?].name;
                Some(format!("{}={answer}", question.name))
            })
            .collect();
        let about = self.about.trim_end_matches('.');
        (
            format!(
                "the answers that fit do not go together: {}. On every known kernel this holds: {about}.\n    rustc: {}",
                chosen.join(" "),
                error.title_and_span()
            ),
            format!(
                "Find out which of these functions the kernel has changed, and correct its headers or its Module.symvers if they are incomplete; if the kernel really is so, add the answers for it, and correct {}.",
                display(&self.file)
            ),
        )
    }
}
