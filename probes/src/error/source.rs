// SPDX-License-Identifier: GPL-2.0

//! Source files that the compiler rejects, or accepts, whatever the kernel has.

use super::Message;
use crate::diagnostic::Diagnostic;
use crate::paths::display;
use std::path::{Path, PathBuf};

/// The compiler rejects a source file for a reason that says nothing about the kernel, or accepts a
/// negative control.
#[derive(Debug)]
pub(crate) enum SourceError {
    InvalidSyntax {
        file: PathBuf,
        diagnostic: Diagnostic,
    },
    MissingModule {
        file: PathBuf,
        diagnostic: Diagnostic,
    },
    Clash {
        file: PathBuf,
        diagnostic: Diagnostic,
    },
    /// A name is not found, and is not a path into a crate of the kernel.
    UnknownName {
        file: PathBuf,
        diagnostic: Diagnostic,
    },
    /// A name is missing in the bindings because bindgen's arguments do not list it.
    NotGenerated {
        file: PathBuf,
        name: String,
        /// The files that list the names for bindgen.
        lists: Vec<PathBuf>,
        diagnostic: Diagnostic,
    },
    TraitMismatch {
        file: PathBuf,
        diagnostic: Diagnostic,
    },
    QuestionUsesAnswer {
        file: PathBuf,
        diagnostic: Diagnostic,
    },
    QuestionRejected {
        file: PathBuf,
        diagnostic: Diagnostic,
    },
    ControlAccepted {
        file: PathBuf,
    },
    ControlMisjudged {
        file: PathBuf,
        expected: Vec<String>,
        diagnostic: Diagnostic,
    },
    /// The unit that tests for an absence is rejected, but not because something is absent.
    AbsenceMisjudged {
        unit: PathBuf,
        diagnostic: Diagnostic,
    },
    /// An answer that is to be taken cannot be built.
    ForcedUnusable {
        file: PathBuf,
        reason: String,
    },
    ChosenRejected {
        diagnostic: Diagnostic,
    },
}

impl SourceError {
    pub(super) fn message(&self) -> Message {
        match self {
            Self::InvalidSyntax { file, diagnostic } => invalid_syntax(file, diagnostic),
            Self::MissingModule { file, diagnostic } => Message::new(
                format!("{} declares a module that has no file", display(file)),
                "Add the module's file, or remove the declaration.",
            )
            .rustc(diagnostic),
            Self::Clash { file, diagnostic } => Message::new(
                format!("{} defines or implements what another answer does too, and all answers are compiled together", display(file)),
                "Let each answer implement traits for types of its own; to build on another question, take that question's trait as a type parameter.",
            )
            .rustc(diagnostic),
            Self::UnknownName { file, diagnostic } => Message::new(
                format!("{} uses a name that is not found and is not a path into a crate of the kernel, so its absence says nothing about the kernel", display(file)),
                "Correct the name; if it is the kernel's, write its whole path where it is used or imported, such as `bindings::dentry`.",
            )
            .rustc(diagnostic),
            Self::NotGenerated { file, name, lists, diagnostic } => Message::new(
                format!(
                    "{} uses `{name}`, which the bindings of this kernel lack and {} does not list for bindgen: either it is misspelt, or on other kernels a listed name leads to it and on this one no longer does",
                    display(file),
                    lists.iter().map(|list| display(list)).collect::<Vec<_>>().join(" or ")
                ),
                "Correct the name; or list it there, so that its absence says something about the kernel, and add an answer for kernels without it.",
            )
            .rustc(diagnostic),
            Self::TraitMismatch { file, diagnostic } => Message::new(
                format!("{} does not implement the trait of its question as the question declares it", display(file)),
                "Give the answer the items of the trait, with the trait's types.",
            )
            .rustc(diagnostic),
            Self::QuestionUsesAnswer { file, diagnostic } => Message::new(
                format!("the question file {} uses a name that each of its answers defines", display(file)),
                "Use the chosen answer only outside of the question files.",
            )
            .rustc(diagnostic),
            Self::QuestionRejected { file, diagnostic } => Message::new(
                format!("the question file {} does not compile, whatever the answer", display(file)),
                "A question file has to compile on every kernel: correct it, or move what differs into the answers.",
            )
            .rustc(diagnostic),
            Self::ControlAccepted { file } => Message::new(
                format!("the negative control {} is accepted, so an accepted answer of its kind would prove nothing", display(file)),
                "Check that the bindings have the kernel's types for the names in this file; if the kernel now allows what is wrong in the file, make the file wrong in another way.",
            ),
            Self::ControlMisjudged { file, expected, diagnostic } => Message::new(
                format!("the negative control {} is rejected, but not with {}", display(file), expected.join(" or ")),
                "Make the control wrong in one way only, with names that every kernel has.",
            )
            .rustc(diagnostic),
            Self::AbsenceMisjudged { unit, diagnostic } => Message::new(
                format!("{} is rejected, but not because the kernel lacks what it names", display(unit)),
                "Correct the `Only without:` line that it is made from.",
            )
            .rustc(diagnostic),
            Self::ForcedUnusable { file, reason } => Message::new(
                format!("the answer {} is to be taken, and cannot be built: {reason}", display(file)),
                "Take an answer that compiles for this kernel, or correct this one.",
            ),
            Self::ChosenRejected { diagnostic } => Message::new(
                "the chosen answers do not compile without the others",
                "Let each answer use only `bindings`, `super` and the support modules.",
            )
            .rustc(diagnostic),
        }
    }
}

/// The place is part of the first sentence: the unit that was compiled for it is not the file
/// itself.
fn invalid_syntax(file: &Path, diagnostic: &Diagnostic) -> Message {
    let place = match diagnostic.primary.first() {
        Some(span) => format!("{}:{}:{}", display(file), span.line, span.column),
        None => display(file),
    };
    Message {
        rustc: Some(diagnostic.title()),
        ..Message::new(
            format!("{place} is not valid Rust, so the answer cannot be tried"),
            "Correct the syntax there; the log has the compiler's whole message.",
        )
    }
}
