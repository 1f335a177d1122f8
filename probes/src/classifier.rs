// SPDX-License-Identifier: GPL-2.0

//! Whether an error is about the kernel, or is a defect of the file that it was reported in.
//!
//! A rejected answer has to mean that the kernel has another form, and nothing else. So these
//! errors are defects, and stop the run:
//!
//! 1. The file does not parse.
//! 2. A name is not found, and it is not a path into a crate of the kernel (`bindings::…`,
//!    `kernel::…`), or bindgen's arguments do not list it.
//! 3. The file does not implement a trait as its question declares it.
//! 4. The file clashes with another answer, or declares a module that has no file.
//!
//! Any other mistake makes its answer not fit. Then no answer fits on the kernel that the answer
//! was written for, and the build stops with the compiler's message. So a mistake never selects an
//! answer.

use crate::compiler::Compiler;
use crate::diagnostic::Diagnostic;
use crate::error::{Error, SourceError};
use crate::files::read;
use crate::log::Log;
use crate::names::Names;
use crate::question::Question;
use crate::source;
use std::path::Path;

/// Codes for a name that is not found: value, type, trait, macro, import, path or pattern.
const UNRESOLVED: [&str; 9] = [
    "E0405", "E0412", "E0422", "E0425", "E0432", "E0433", "E0531", "E0573", "E0574",
];
/// Codes for an item that differs from its trait: missing, additional, or of another form.
const TRAIT: [&str; 10] = [
    "E0046", "E0049", "E0050", "E0053", "E0185", "E0186", "E0195", "E0407", "E0437", "E0438",
];
/// Codes for what is defined twice when all answers are compiled together.
const CLASH: [&str; 5] = ["E0119", "E0252", "E0428", "E0592", "E0659"];
/// The code for a module that has no file.
const NO_MODULE: &str = "E0583";

/// What a classification needs besides the errors.
#[derive(Clone, Copy)]
pub(crate) struct Classifier<'a> {
    pub(crate) compiler: &'a Compiler,
    pub(crate) names: &'a Names,
    /// The directory of generated units.
    pub(crate) units: &'a Path,
}

impl Classifier<'_> {
    /// Fails if one of the errors that were reported in `file` is a defect of it.
    ///
    /// `file` is an answer to `question`, or a negative control.
    pub(crate) fn check(
        &self,
        file: &Path,
        question: Option<&Question>,
        errors: &[&Diagnostic],
        log: &mut Log,
    ) -> Result<(), Error> {
        if errors.iter().any(|error| error.code.is_none()) {
            self.check_syntax(file, log)?;
        }
        for error in errors {
            if let Some(defect) = self.defect(file, question, error) {
                return Err(defect.into());
            }
        }
        Ok(())
    }

    fn defect(
        &self,
        file: &Path,
        question: Option<&Question>,
        error: &Diagnostic,
    ) -> Option<SourceError> {
        let code = error.code.as_deref().unwrap_or("");
        let (file, diagnostic) = (file.to_path_buf(), error.clone());
        if code == NO_MODULE {
            Some(SourceError::MissingModule { file, diagnostic })
        } else if CLASH.contains(&code) {
            Some(SourceError::Clash { file, diagnostic })
        } else if is_unresolved(error) {
            self.unresolved(&file, question, error)
        } else if question.is_some_and(|question| differs_from_trait(question, error)) {
            Some(SourceError::TraitMismatch { file, diagnostic })
        } else {
            None
        }
    }

    /// The defect behind a name that is not found, unless the name is the kernel's.
    fn unresolved(
        &self,
        file: &Path,
        question: Option<&Question>,
        error: &Diagnostic,
    ) -> Option<SourceError> {
        let span = error.primary.first()?;
        // What cannot be read cannot be classified; then the error counts as one about the kernel.
        let text = read(&span.file).ok()?;
        let tokens = source::tokens(&text);
        let path = source::path_to(&tokens, span.offset);
        let (file, diagnostic) = (file.to_path_buf(), error.clone());
        let crates = self.compiler.crates();
        if !path.first().is_some_and(|first| crates.contains(first)) {
            return Some(SourceError::UnknownName { file, diagnostic });
        }
        // A negative control may use names that no kernel has.
        question?;
        let name = self.names.not_generated(&path)?;
        Some(SourceError::NotGenerated {
            file,
            name,
            lists: self.names.files.clone(),
            diagnostic,
        })
    }

    /// Compiles the text of `file` in a disabled module, where it is parsed and not analysed.
    fn check_syntax(&self, file: &Path, log: &mut Log) -> Result<(), Error> {
        let text = format!("#[cfg(any())] mod parsed {{ {}\n}}\n", read(file)?);
        let errors = self
            .compiler
            .compile(self.units, "parsed", &text, &[], log)?;
        match errors.into_iter().next() {
            None => Ok(()),
            Some(diagnostic) => Err(SourceError::InvalidSyntax {
                file: file.to_path_buf(),
                diagnostic,
            }
            .into()),
        }
    }
}

/// Whether a name is not found. A name in a macro is not the answer's, and its span is elsewhere.
fn is_unresolved(error: &Diagnostic) -> bool {
    let unresolved = match error.code.as_deref() {
        Some(code) => UNRESOLVED.contains(&code),
        // A macro that is not found has no code.
        None => error.message.starts_with("cannot find"),
    };
    unresolved && !error.in_macro
}

/// Whether an error is about a trait of the question: it names the trait, or points at its
/// declaration.
fn differs_from_trait(question: &Question, error: &Diagnostic) -> bool {
    let code = error.code.as_deref().unwrap_or("");
    let is_declared = |name: &str| {
        let name = name.rsplit("::").next();
        question
            .traits
            .iter()
            .any(|declared| Some(declared.as_str()) == name)
    };
    let mut quoted = error.message.split('`').skip(1).step_by(2);
    TRAIT.contains(&code) && (quoted.any(is_declared) || error.files.contains(&question.file))
}
