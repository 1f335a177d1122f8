// SPDX-License-Identifier: GPL-2.0

//! A question, its answers, and how the source declares them.

use crate::error::{DeclarationError, Error};
use crate::files::{read, rust_files};
use crate::source::{self, Kind, Token};
use std::path::{Path, PathBuf};

/// One form that kernels have, in one file that is its own probe.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
    /// The first sentence of the file: what the kernel is like if this answer fits.
    pub(crate) about: String,
    /// The rest of the header.
    pub(crate) documentation: String,
    /// What the kernel must not have for this answer to fit (`//! Only without: bindings::name`).
    pub(crate) without: Vec<String>,
    /// What the kernel must not export for this answer to fit (`//! Only unexported:
    /// bindings::name`).
    pub(crate) unexported: Vec<String>,
    /// Structures and all members that they may have for this answer to fit (`//! Only members of
    /// bindings::name: member, …`).
    pub(crate) members: Vec<(String, Vec<String>)>,
}

/// A point where kernels differ.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
    /// The first sentence of the file: the question itself.
    pub(crate) about: String,
    /// The rest of the header.
    pub(crate) documentation: String,
    /// The names of the traits that the file declares for its answers.
    pub(crate) traits: Vec<String>,
    pub(crate) answers: Vec<Answer>,
}

/// The cfg that selects an answer, as rustc takes it.
pub(crate) fn cfg(question: &str, answer: &str) -> String {
    format!("{question}=\"{answer}\"")
}

impl Question {
    /// Reads the question `name` in `directory`, and its answers.
    pub(crate) fn read(directory: &Path, name: &str) -> Result<Self, Error> {
        Self::read_files(directory, name).map_err(|error| error.in_question(name))
    }

    fn read_files(directory: &Path, name: &str) -> Result<Self, Error> {
        let file = directory.join(format!("{name}.rs"));
        let source = read(&file)?;
        let tokens = source::tokens(&source);
        let list = AnswerList {
            tokens: &tokens,
            question: name,
            file: &file,
            source: &source,
        };
        let names = list.names()?;
        let below = directory.join(name);
        for found in rust_files(&below)? {
            if !names.contains(&found.as_str()) {
                return Err(DeclarationError::AnswerNotListed {
                    question_file: file,
                    file: below.join(format!("{found}.rs")),
                    name: found,
                }
                .into());
            }
        }
        let answers = names
            .iter()
            .map(|name| Answer::read(&below, name))
            .collect::<Result<_, _>>()?;
        let traits = tokens
            .windows(2)
            .filter(|pair| pair[0].word() == Some("trait"))
            .filter_map(|pair| pair[1].word().map(str::to_string))
            .collect();
        let about = source::first_sentence(&source);
        Ok(Self {
            name: name.to_string(),
            about: about.strip_prefix("Question: ").unwrap_or(&about).into(),
            documentation: source::documentation(&source),
            traits,
            answers,
            file,
        })
    }
}

impl Answer {
    fn read(directory: &Path, name: &str) -> Result<Self, Error> {
        let file = directory.join(format!("{name}.rs"));
        let source = read(&file)?;
        Ok(Self {
            name: name.to_string(),
            file,
            about: source::first_sentence(&source),
            documentation: source::documentation(&source),
            without: source::directive(&source, "Only without"),
            unexported: source::directive(&source, "Only unexported"),
            members: source::directive_of(&source, "Only members of"),
        })
    }
}

/// The list of answers in a question's file: `answers! { question: "answer" => answer, … }`.
struct AnswerList<'a> {
    tokens: &'a [Token<'a>],
    question: &'a str,
    file: &'a Path,
    source: &'a str,
}

impl<'a> AnswerList<'a> {
    /// The names of the answers, in the order of the list.
    fn names(&self) -> Result<Vec<&'a str>, Error> {
        let begin = self.only_list()?;
        let mut rest = self.after_question(begin)?;
        let mut names = Vec::new();
        while let Some(token) = rest.first().filter(|token| !token.is('}')) {
            let name = self.entry(token, rest)?;
            if names.contains(&name) {
                return Err(self.malformed(token, format!("the answer `{name}` is listed twice")));
            }
            names.push(name);
            rest = match &rest[4..] {
                [comma, rest @ ..] if comma.is(',') => rest,
                [close, ..] if close.is('}') => &rest[4..],
                _ => {
                    let fault = format!("the answer `{name}` is not followed by a comma");
                    return Err(self.malformed(token, fault));
                }
            };
        }
        match names.is_empty() {
            true => Err(self.no_answer()),
            false => Ok(names),
        }
    }

    /// The place of the one `answers!`. A question's file has no cfg beside it.
    fn only_list(&self) -> Result<usize, Error> {
        let tokens = self.tokens;
        if let Some(cfg) = tokens.iter().find(|token| token.word() == Some("cfg")) {
            return Err(self.malformed(cfg, "a question file has no cfg of its own"));
        }
        let mut lists = (0..tokens.len().saturating_sub(1))
            .filter(|at| tokens[*at].word() == Some("answers") && tokens[at + 1].is('!'));
        let first = lists.next().ok_or_else(|| self.no_answer())?;
        match lists.next() {
            Some(second) => {
                Err(self.malformed(&tokens[second], "this is a second list of answers"))
            }
            None => Ok(first),
        }
    }

    /// What follows after `answers! { question:`.
    fn after_question(&self, begin: usize) -> Result<&'a [Token<'a>], Error> {
        match &self.tokens[begin..] {
            [_, _, open, question, colon, rest @ ..] if open.is('{') && colon.is(':') => {
                match question.word() == Some(self.question) {
                    true => Ok(rest),
                    false => Err(self.malformed(
                        question,
                        format!("this list does not name the question `{}`", self.question),
                    )),
                }
            }
            _ => Err(self.malformed(
                &self.tokens[begin],
                "this list does not begin with the question and a colon",
            )),
        }
    }

    /// The name of the answer in the entry `"answer" => answer` that `rest` begins with.
    fn entry(&self, token: &Token<'a>, rest: &[Token<'a>]) -> Result<&'a str, Error> {
        let form = "this entry does not have the form `\"answer\" => answer`";
        let [value, equals, greater, module, ..] = rest else {
            return Err(self.malformed(token, form));
        };
        match (value.kind, module.word()) {
            (Kind::Text(value), Some(module)) if equals.is('=') && greater.is('>') => {
                match value == module {
                    true => Ok(module),
                    false => Err(self.malformed(
                        token,
                        format!("the cfg value `{value}` differs from the module `{module}`"),
                    )),
                }
            }
            _ => Err(self.malformed(token, form)),
        }
    }

    fn no_answer(&self) -> Error {
        DeclarationError::NoAnswer {
            file: self.file.to_path_buf(),
            question: self.question.to_string(),
        }
        .into()
    }

    fn malformed(&self, token: &Token<'_>, fault: impl Into<String>) -> Error {
        DeclarationError::MalformedAnswers {
            file: self.file.to_path_buf(),
            line: source::line_of(self.source, token.offset),
            question: self.question.to_string(),
            fault: fault.into(),
        }
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answers that this file of the question `mkdir` lists, or the message without what to do.
    fn names(source: &str) -> Result<Vec<String>, String> {
        let tokens = source::tokens(source);
        let list = AnswerList {
            tokens: &tokens,
            question: "mkdir",
            file: Path::new("mkdir.rs"),
            source,
        };
        match list.names() {
            Ok(names) => Ok(names.into_iter().map(str::to_string).collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn answers_are_read_in_their_order() {
        for source in [
            "answers! { mkdir: \"b\" => b, \"a\" => a }",
            "// answers! { c }\nanswers! { mkdir:\n    \"b\" => b,\n    \"a\" => a,\n}\ntrait Mkdir {}",
        ] {
            assert_eq!(names(source).unwrap(), ["b", "a"]);
        }
    }

    #[test]
    fn a_malformed_list_is_reported_with_its_line() {
        for (source, fault) in [
            (
                "trait Mkdir {}",
                "the question file mkdir.rs lists no answer",
            ),
            (
                "answers! { mkdir: }",
                "the question file mkdir.rs lists no answer",
            ),
            (
                "\nanswers! {}",
                "mkdir.rs:2: this list does not begin with the question and a colon",
            ),
            (
                "answers!",
                "mkdir.rs:1: this list does not begin with the question and a colon",
            ),
            (
                "answers! { rmdir: \"a\" => a }",
                "mkdir.rs:1: this list does not name the question `mkdir`",
            ),
            (
                "answers! { mkdir:\na }",
                "mkdir.rs:2: this entry does not have the form `\"answer\" => answer`",
            ),
            (
                "answers! { mkdir: \"a\" = a }",
                "mkdir.rs:1: this entry does not have the form `\"answer\" => answer`",
            ),
            (
                "answers! { mkdir: \"a\" => b }",
                "mkdir.rs:1: the cfg value `a` differs from the module `b`",
            ),
            (
                "answers! { mkdir: \"a\" => a \"b\" => b }",
                "mkdir.rs:1: the answer `a` is not followed by a comma",
            ),
            (
                "answers! { mkdir: \"a\" => a",
                "mkdir.rs:1: the answer `a` is not followed by a comma",
            ),
            (
                "answers! { mkdir: \"a\" => a, \"a\" => a }",
                "mkdir.rs:1: the answer `a` is listed twice",
            ),
            (
                "answers! { mkdir: \"a\" => a }\nanswers! { mkdir: \"b\" => b }",
                "mkdir.rs:2: this is a second list of answers",
            ),
            (
                "answers! { mkdir: \"a\" => a }\n#[cfg(CONFIG_X)]\nfn f() {}",
                "mkdir.rs:2: a question file has no cfg of its own",
            ),
        ] {
            assert_eq!(names(source), Err(format!("error: {fault}.")));
        }
    }
}
