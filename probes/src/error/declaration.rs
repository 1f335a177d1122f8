// SPDX-License-Identifier: GPL-2.0

//! Questions, answers and controls that are not declared as they have to be.

use super::Message;
use crate::paths::display;
use std::path::PathBuf;

/// The tree of questions, answers and controls is not declared as it has to be.
#[derive(Debug)]
pub(crate) enum DeclarationError {
    QuestionNotListed {
        list: PathBuf,
        file: PathBuf,
        name: String,
    },
    NoQuestion {
        list: PathBuf,
    },
    SupportElsewhere {
        file: PathBuf,
        list: PathBuf,
    },
    NoModuleName {
        path: PathBuf,
    },
    NoAnswer {
        file: PathBuf,
        question: String,
    },
    AnswerNotListed {
        question_file: PathBuf,
        file: PathBuf,
        name: String,
    },
    /// The list of answers, `answers! { … }`, is wrong; `fault` says how.
    MalformedAnswers {
        file: PathBuf,
        line: usize,
        question: String,
        fault: String,
    },
    /// An answer that is to be taken is not there; `answers` are those of the question, if it is there.
    UnknownForced {
        question: String,
        answer: String,
        answers: Vec<String>,
    },
    /// A directory beside the questions belongs to none of them, and is not that of the controls.
    StrayDirectory {
        directory: PathBuf,
        controls: PathBuf,
    },
    NoExpectedError {
        file: PathBuf,
    },
    /// What `Only without:` names cannot be looked for in any of `crates`.
    InvalidAbsence {
        file: PathBuf,
        name: String,
        crates: Vec<String>,
    },
}

impl DeclarationError {
    pub(super) fn message(&self) -> Message {
        match self {
            Self::QuestionNotListed { list, file, name } => Message::new(
                format!("{} does not list the question file {}", display(list), display(file)),
                format!("List it with `pub(crate) mod {name};`, or remove the file."),
            ),
            Self::NoQuestion { list } => Message::new(
                format!("{} lists no question", display(list)),
                "List each question with `pub(crate) mod question;`.",
            ),
            Self::SupportElsewhere { file, list } => Message::new(
                format!("the support file {} is not in the directory of {}", display(file), display(list)),
                "Move it there, so that answers name it in the same way in a probe and in the module.",
            ),
            Self::NoModuleName { path } => Message::new(
                format!("{} has a name that no module can have", display(path)),
                "Keep the questions in a directory whose name is a Rust identifier.",
            ),
            Self::NoAnswer { file, question } => Message::new(
                format!("the question file {} lists no answer", display(file)),
                format!("List the answers with `answers! {{ {question}: \"answer\" => answer }}`, or remove the question from the list of questions."),
            ),
            Self::AnswerNotListed { question_file, file, name } => Message::new(
                format!("{} does not list the answer file {}", display(question_file), display(file)),
                format!("Add `\"{name}\" => {name},` to its `answers!`, or remove the file."),
            ),
            Self::MalformedAnswers { file, line, question, fault } => Message::new(
                format!("{}:{line}: {fault}", display(file)),
                format!("List all answers once, in the form `answers! {{ {question}: \"answer\" => answer, }}`."),
            ),
            Self::UnknownForced { question, answer, answers } => match answers[..] {
                [] => Message::new(
                    format!("there is no question `{question}`, whose answer `{answer}` is to be taken"),
                    "Correct the name: `compat-probe table` lists the questions.",
                ),
                _ => Message::new(
                    format!("the question `{question}` has no answer `{answer}`, which is to be taken"),
                    format!("Name one of its answers: {}.", answers.join(", ")),
                ),
            },
            Self::StrayDirectory { directory, controls } => Message::new(
                format!("{} is neither the directory of a question nor that of the negative controls, {}, so the files in it would not be tried", display(directory), display(controls)),
                "Rename it, or list the question that it is for.",
            ),
            Self::NoExpectedError { file } => Message::new(
                format!("the negative control {} does not name the error that it is rejected with", display(file)),
                "Add a header line such as `//! Rejected with: E0308`.",
            ),
            Self::InvalidAbsence { file, name, crates } => Message::new(
                format!("{}: `Only without: {name}` names nothing in {}", display(file), crates.join(", ")),
                "Name a path such as `bindings::vfs_mkdir`, or a field such as `bindings::file_operations.iopoll`.",
            ),
        }
    }
}
