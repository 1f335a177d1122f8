// SPDX-License-Identifier: GPL-2.0

//! Every error after which no statement about the kernel is possible, and its message.
//!
//! The enums hold what was found, grouped by what is at fault. Each message is one sentence that
//! says what was tried and what was found, then the compiler's words if it found the error, then a
//! sentence that says what to do. There is a file for each enum, with its texts.

mod compiler;
mod declaration;
mod file;
mod source;
mod symbol;
mod target;

pub(crate) use self::{
    compiler::CompilerError, declaration::DeclarationError, file::FileError, source::SourceError,
    symbol::SymbolError, target::TargetError,
};
use crate::diagnostic::Diagnostic;
use std::fmt;

/// An error. If the source of one question is at fault, `question` names it.
#[derive(Debug)]
pub(crate) struct Error {
    kind: Box<ErrorKind>,
    pub(crate) question: Option<String>,
}

/// What is at fault.
#[derive(Debug)]
pub(crate) enum ErrorKind {
    File(FileError),
    Compiler(CompilerError),
    Declaration(DeclarationError),
    Source(SourceError),
    Symbol(SymbolError),
    Target(TargetError),
}

/// The parts of a message.
struct Message {
    /// What was tried and found: a clause without a full stop.
    what: String,
    /// The compiler's words.
    rustc: Option<String>,
    /// What to do: a sentence.
    next: String,
}

impl Message {
    fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            rustc: None,
            next: next.into(),
        }
    }

    fn rustc(mut self, diagnostic: &Diagnostic) -> Self {
        self.rustc = Some(diagnostic.title_and_span());
        self
    }
}

impl Error {
    /// Adds the question whose source is at fault.
    pub(crate) fn in_question(mut self, name: &str) -> Self {
        self.question = Some(name.to_string());
        self
    }

    /// The name of the variant, for programs: `UnknownName`, `FileError`, …
    pub(crate) fn kind(&self) -> String {
        let text = match &*self.kind {
            ErrorKind::File(error) => format!("{error:?}"),
            ErrorKind::Compiler(error) => format!("{error:?}"),
            ErrorKind::Declaration(error) => format!("{error:?}"),
            ErrorKind::Source(error) => format!("{error:?}"),
            ErrorKind::Symbol(error) => format!("{error:?}"),
            ErrorKind::Target(error) => format!("{error:?}"),
        };
        text.chars().take_while(|c| c.is_alphanumeric()).collect()
    }

    /// What to do: a sentence.
    pub(crate) fn next(&self) -> String {
        self.message().next
    }

    fn message(&self) -> Message {
        match &*self.kind {
            ErrorKind::File(error) => error.message(),
            ErrorKind::Compiler(error) => error.message(),
            ErrorKind::Declaration(error) => error.message(),
            ErrorKind::Source(error) => error.message(),
            ErrorKind::Symbol(error) => error.message(),
            ErrorKind::Target(error) => error.message(),
        }
    }
}

/// What was found, and the compiler's words; not what to do.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = self.message();
        write!(f, "error: {}.", message.what)?;
        if let Some(words) = &message.rustc {
            write!(f, "\n    rustc: {words}")?;
        }
        Ok(())
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self {
            kind: Box::new(kind),
            question: None,
        }
    }
}

impl From<CompilerError> for Error {
    fn from(error: CompilerError) -> Self {
        ErrorKind::Compiler(error).into()
    }
}

impl From<DeclarationError> for Error {
    fn from(error: DeclarationError) -> Self {
        ErrorKind::Declaration(error).into()
    }
}

impl From<SourceError> for Error {
    fn from(error: SourceError) -> Self {
        ErrorKind::Source(error).into()
    }
}

impl From<SymbolError> for Error {
    fn from(error: SymbolError) -> Self {
        ErrorKind::Symbol(error).into()
    }
}

impl From<TargetError> for Error {
    fn from(error: TargetError) -> Self {
        ErrorKind::Target(error).into()
    }
}

#[cfg(test)]
mod tests;
