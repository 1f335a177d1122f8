// SPDX-License-Identifier: GPL-2.0

//! Symbols of which nothing can be said.

use super::Message;
use crate::paths::display;
use std::path::PathBuf;

/// The exported symbols cannot be determined, or a symbol that every answer needs is not exported.
#[derive(Debug)]
pub(crate) enum SymbolError {
    EmptySymvers {
        path: PathBuf,
    },
    InvalidSymvers {
        path: PathBuf,
        line: usize,
    },
    /// The crate of the bindings is imported whole or renamed.
    BindingsImportedWhole {
        file: PathBuf,
        line: usize,
        bindings: String,
    },
    SharedFileNeedsSymbol {
        file: PathBuf,
        reason: String,
    },
}

/// What to do about a wrong Module.symvers.
const SYMVERS: &str = "Name the Module.symvers that the kernel's build has made.";

impl SymbolError {
    pub(super) fn message(&self) -> Message {
        match self {
            Self::EmptySymvers { path } => Message::new(
                format!("{} is empty, so the kernel's exported symbols are not known", display(path)),
                SYMVERS,
            ),
            Self::InvalidSymvers { path, line } => Message::new(
                format!("{}:{line}: this is not a line of a Module.symvers", display(path)),
                SYMVERS,
            ),
            Self::BindingsImportedWhole { file, line, bindings } => Message::new(
                format!("{}:{line} imports `{bindings}` whole or under another name, so the symbols that it uses cannot be seen", display(file)),
                format!("Name what is used: `{bindings}::name`."),
            ),
            Self::SharedFileNeedsSymbol { file, reason } => Message::new(
                format!("{} is compiled with every answer, and {reason}", display(file)),
                "Move the call into the answers to a question, or wrap it in a static inline function.",
            ),
        }
    }
}
