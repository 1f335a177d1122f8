// SPDX-License-Identifier: GPL-2.0

//! A question, its answers, and how the source declares them.

use crate::broken::{shown, Broken};
use crate::source::{self, Kind, Token};
use std::path::{Path, PathBuf};

/// One form that kernels have, in one file that is its own probe.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
    /// The first sentence of the file: what it means that this answer fits.
    pub(crate) about: String,
    /// What the kernel must not offer for this answer to fit (`//! Only without: bindings::name`).
    pub(crate) without: Vec<String>,
}

/// A point where kernels differ.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
    pub(crate) about: String,
    /// The traits that the file declares for its answers.
    pub(crate) traits: Vec<String>,
    pub(crate) answers: Vec<Answer>,
}

/// The cfg that selects an answer, as rustc takes it.
pub(crate) fn cfg(question: &str, answer: &str) -> String {
    format!("{question}=\"{answer}\"")
}

/// The text of a file of the question tree.
pub(crate) fn read(file: &Path) -> Result<String, Broken> {
    std::fs::read_to_string(file).map_err(|error| {
        Broken::file(
            "reading the source file",
            file,
            &error,
            "Put it there, or take away what names it.",
        )
    })
}

impl Question {
    /// Reads the question `name` and its answers below `directory`.
    pub(crate) fn read(directory: &Path, name: &str) -> Result<Self, Broken> {
        Self::read_files(directory, name).map_err(|broken| broken.question(name))
    }

    fn read_files(directory: &Path, name: &str) -> Result<Self, Broken> {
        let file = directory.join(format!("{name}.rs"));
        let source = read(&file)?;
        let tokens = source::tokens(&source);
        let names = declared(&tokens, name, &file, &source)?;
        let below = directory.join(name);
        for found in rust_files(&below)? {
            if !names.contains(&found) {
                return Err(Broken::new(
                    format!("{} holds no declaration of the answer file {}", shown(&file), shown(&below.join(format!("{found}.rs")))),
                    format!("Declare it: `#[cfg({name} = \"{found}\")]` above `mod {found};` and above `pub(crate) use {found}::*;`."),
                ));
            }
        }
        let answers = names
            .into_iter()
            .map(|name| {
                let file = below.join(format!("{name}.rs"));
                let source = read(&file)?;
                let about = source::first_sentence(&source);
                let without = source::directive(&source, "Only without")
                    .iter()
                    .flat_map(|names| names.split(','))
                    .map(|name| name.trim().trim_matches('`').to_string())
                    .collect();
                Ok(Answer {
                    name,
                    file,
                    about,
                    without,
                })
            })
            .collect::<Result<Vec<_>, Broken>>()?;
        if answers.is_empty() {
            return Err(Broken::new(
                format!("the question file {} declares no answer", shown(&file)),
                "Give it the answers that kernels have, or take it out of the list of questions.",
            ));
        }
        let traits = tokens
            .windows(2)
            .filter(|pair| pair[0].word() == Some("trait"))
            .filter_map(|pair| pair[1].word().map(str::to_string))
            .collect();
        let about = source::first_sentence(&source);
        Ok(Self {
            name: name.to_string(),
            about: about.strip_prefix("Question: ").unwrap_or(&about).into(),
            traits,
            answers,
            file,
        })
    }
}

/// The names of the Rust files in a directory, without their endings, sorted; none if there is no such directory.
pub(crate) fn rust_files(directory: &Path) -> Result<Vec<String>, Broken> {
    let mut names = Vec::new();
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(names),
        Err(error) => {
            return Err(Broken::file(
                "listing",
                directory,
                &error,
                "Make the directory readable.",
            ))
        }
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|ending| ending == "rs") {
            names.extend(
                path.file_stem()
                    .and_then(|stem| stem.to_str())
                    .map(str::to_string),
            );
        }
    }
    names.sort();
    Ok(names)
}

/// The answers that a question file declares, in its order: each has a `mod` and a glob `use` under its cfg.
fn declared(
    tokens: &[Token<'_>],
    question: &str,
    file: &Path,
    source: &str,
) -> Result<Vec<String>, Broken> {
    let mut modules: Vec<&str> = Vec::new();
    let mut uses: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(hit) = tokens[at..]
        .iter()
        .position(|token| token.word() == Some("cfg"))
    {
        let begin = at + hit;
        at = begin + 1;
        let wrong = |what: &str| {
            Broken::new(
                format!("{}:{}: {what}", shown(file), source::line_of(source, tokens[begin].at)),
                format!("A cfg in a question file has the form `#[cfg({question} = \"answer\")]` and stands above `mod answer;` or `pub(crate) use answer::*;`."),
            )
        };
        let [open, name, equals, Token {
            kind: Kind::Text(answer),
            ..
        }, close, bracket, rest @ ..] = &tokens[at..]
        else {
            return Err(wrong("this cfg does not select an answer"));
        };
        if !(open.is('(') && equals.is('=') && close.is(')') && bracket.is(']')) {
            return Err(wrong("this cfg does not select an answer"));
        }
        if name.word() != Some(question) {
            return Err(wrong(&format!(
                "this cfg does not name the question `{question}`"
            )));
        }
        let after: Vec<&Token<'_>> = rest
            .iter()
            .take(9)
            .skip_while(|token| {
                matches!(token.word(), Some("pub" | "crate")) || token.is('(') || token.is(')')
            })
            .collect();
        let word = |index: usize| after.get(index).and_then(|token| token.word());
        let mark = |index: usize, mark| after.get(index).is_some_and(|token| token.is(mark));
        if word(1) != Some(answer) {
            return Err(wrong(&format!(
                "this cfg stands on something else than the answer `{answer}`"
            )));
        }
        match word(0) {
            Some("mod") if mark(2, ';') => modules.push(answer),
            Some("use") if mark(2, ':') && mark(3, ':') && mark(4, '*') => uses.push(answer),
            _ => {
                return Err(wrong(&format!(
                    "this cfg stands on something else than the answer `{answer}`"
                )))
            }
        }
    }
    let mut sorted = [modules.clone(), uses];
    sorted.iter_mut().for_each(|names| names.sort_unstable());
    let twice = sorted[0].windows(2).any(|pair| pair[0] == pair[1]);
    if twice || sorted[0] != sorted[1] {
        return Err(Broken::new(
            format!(
                "{} does not declare each answer once as `mod` and once as `use`: mod {}; use {}",
                shown(file),
                sorted[0].join(", "),
                sorted[1].join(", ")
            ),
            "Give each answer both lines, each under the answer's cfg.",
        ));
    }
    Ok(modules.into_iter().map(str::to_string).collect())
}
