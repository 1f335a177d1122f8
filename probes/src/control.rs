// SPDX-License-Identifier: GPL-2.0

//! Controls: what the compiler has to accept, and what it has to reject, before its verdict on an
//! answer means anything.

use crate::compiler::Compiler;
use crate::error::{CompilerError, DeclarationError, Error};
use crate::files::read;
use crate::log::Log;
use crate::source;
use std::path::{Path, PathBuf};

/// A source file that the compiler has to reject: it is wrong on every kernel, in the way in which
/// a kind of answers is wrong on some kernels.
#[derive(Debug)]
pub(crate) struct NegativeControl {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
    /// The first sentence of the file: what is wrong with it.
    pub(crate) about: String,
    /// The error codes, or parts of messages, that it may be rejected with.
    pub(crate) expected: Vec<String>,
}

impl NegativeControl {
    /// Reads the control `name` in `directory`.
    pub(crate) fn read(directory: &Path, name: &str) -> Result<Self, Error> {
        let file = directory.join(format!("{name}.rs"));
        let text = read(&file)?;
        let expected = source::directive(&text, "Rejected with");
        if expected.is_empty() {
            return Err(DeclarationError::NoExpectedError { file }.into());
        }
        Ok(Self {
            name: name.to_string(),
            about: source::first_sentence(&text),
            expected,
            file,
        })
    }
}

/// The error that the wrong unit has to be rejected with: mismatched types.
const EXPECTED: &str = "E0308";

/// Compiles an empty unit and a wrong one, with the flags of the answers.
///
/// The empty unit names the crates that answers use. So a crate that cannot be loaded is found
/// here, and is not mistaken for something that the kernel lacks.
pub(crate) fn check(compiler: &Compiler, units: &Path, log: &mut Log) -> Result<(), Error> {
    check_crates(compiler, units, log)?;
    let wrong =
        "// Made by compat-probe: this unit must not compile.\npub const WRONG: u32 = \"text\";\n";
    let errors = compiler.compile(units, "wrong", wrong, &[], log)?;
    match errors.into_iter().next() {
        Some(diagnostic) if diagnostic.code.as_deref() == Some(EXPECTED) => Ok(()),
        Some(diagnostic) => Err(CompilerError::WrongUnitMisjudged {
            expected: EXPECTED,
            diagnostic,
        }
        .into()),
        None => Err(CompilerError::WrongUnitAccepted {
            program: compiler.program().to_path_buf(),
        }
        .into()),
    }
}

/// Compiles an empty unit that names the crates, by a compiler that is known to reject what is wrong.
pub(crate) fn check_crates(compiler: &Compiler, units: &Path, log: &mut Log) -> Result<(), Error> {
    let empty = format!(
        "// Made by compat-probe: this unit has to compile.\n{}",
        crates_unit(compiler)
    );
    let errors = compiler.compile(units, "empty", &empty, &[], log)?;
    if let Some(diagnostic) = errors.into_iter().next() {
        return Err(CompilerError::EmptyUnitRejected { diagnostic }.into());
    }
    Ok(())
}

/// Names the crates, so that the compiler loads them.
pub(crate) fn crates_unit(compiler: &Compiler) -> String {
    let lines = compiler.crates().into_iter();
    let lines: Vec<String> = lines
        .map(|name| format!("extern crate {name} as _;\n"))
        .collect();
    lines.concat()
}
