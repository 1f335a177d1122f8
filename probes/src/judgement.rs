// SPDX-License-Identifier: GPL-2.0

//! Whether an error in an answer file speaks of the kernel, or of the file itself.
//!
//! That an answer does not compile must mean that the kernel has another form, and nothing else. So
//! these errors count as a defect of the file, which stops everything:
//!
//! 1. it does not parse;
//! 2. a name is not found that is no path into a crate of the kernel (`bindings::…`, `kernel::…`), or
//!    that bindgen is not asked for;
//! 3. it does not keep to a trait that the question itself declares;
//! 4. it clashes with another answer, or declares a module that has no file.
//!
//! What is left may still be a slip of the pen. Then the answer is missing on the kernel it was written
//! for, no answer fits there, and the build stops with the compiler's words: a slip never selects.

use crate::broken::{shown, Broken};
use crate::compiler::Compiler;
use crate::diagnostic::Diagnostic;
use crate::log::Log;
use crate::names::Names;
use crate::question::{read, Question};
use crate::source;
use std::path::Path;

/// Names that are not found: values, types, traits, macros, imports, paths, patterns.
const UNRESOLVED: [&str; 9] = [
    "E0405", "E0412", "E0422", "E0425", "E0432", "E0433", "E0531", "E0573", "E0574",
];
/// Items that do not keep to a trait: missing, foreign, or of another shape.
const TRAIT: [&str; 10] = [
    "E0046", "E0049", "E0050", "E0053", "E0185", "E0186", "E0195", "E0407", "E0437", "E0438",
];
/// Things that are there twice once all answers are compiled together.
const CLASH: [&str; 5] = ["E0119", "E0252", "E0428", "E0592", "E0659"];

/// The rest of what a judgement needs to know.
#[derive(Clone, Copy)]
pub(crate) struct Court<'a> {
    pub(crate) compiler: &'a Compiler,
    pub(crate) names: &'a Names,
    /// The directory of made units.
    pub(crate) units: &'a Path,
}

impl Court<'_> {
    /// Finds the first error that is a defect of `file`, and says which.
    pub(crate) fn defect(
        &self,
        file: &Path,
        question: Option<&Question>,
        errors: &[&Diagnostic],
        log: &mut Log,
    ) -> Result<(), Broken> {
        if errors.iter().any(|error| error.code.is_none()) {
            self.parse(file, log)?;
        }
        for error in errors {
            if let Some((what, next)) = self.reason(question, error) {
                let broken = Broken::new(format!("{} {what}", shown(file)), next);
                return Err(broken.words(error.words()));
            }
        }
        Ok(())
    }

    /// Why an error in an answer to `question`, or in a wrong twin, is a defect; and what to do.
    fn reason(&self, question: Option<&Question>, error: &Diagnostic) -> Option<(String, String)> {
        let code = error.code.as_deref().unwrap_or("");
        let because = |what: &str, next: &str| Some((what.to_string(), next.to_string()));
        if code == "E0583" {
            return because(
                "declares a module that has no file",
                "Add the module's file, or take the declaration away.",
            );
        }
        if CLASH.contains(&code) {
            return because(
                "names or implements something that another answer has too; all answers are compiled together",
                "Let each answer implement traits for types of its own; to build on another question, take that question's trait as a type parameter.",
            );
        }
        let unresolved = UNRESOLVED.contains(&code)
            || (code.is_empty() && error.message.starts_with("cannot find"));
        if unresolved && !error.in_macro {
            let place = error.primary.first()?;
            let text = read(&place.file).ok()?;
            let tokens = source::tokens(&text);
            let path = source::path_to(&tokens, place.at);
            if !path
                .first()
                .is_some_and(|first| self.compiler.crates().contains(first))
            {
                return because(
                    "uses a name that is not found, and the name is no path into a crate of the kernel, so its absence says nothing about the kernel",
                    "Correct the name; if it is the kernel's, write its whole path where it is used or imported, such as `bindings::dentry`.",
                );
            }
            // A wrong twin may name what no kernel has.
            if let Some(unasked) = question.and_then(|_| self.names.unasked(&path)) {
                return Some(unasked);
            }
        }
        let question = question?;
        let ours = |name: &str| {
            let name = name.rsplit("::").next();
            question.traits.iter().any(|own| Some(own.as_str()) == name)
        };
        let named = || error.message.split('`').skip(1).step_by(2).any(ours);
        let pointed = || error.others.contains(&question.file);
        if TRAIT.contains(&code) && (named() || pointed()) {
            return because(
                "does not keep to the trait of its question",
                "Give it the items of the trait, with the trait's types.",
            );
        }
        None
    }

    /// Compiles the text of `file` where it is parsed and not looked at further.
    fn parse(&self, file: &Path, log: &mut Log) -> Result<(), Broken> {
        let text = format!("#[cfg(any())] mod parsed {{ {}\n}}\n", read(file)?);
        let compiled = self
            .compiler
            .compile_text(self.units, "parsed", &text, &[], log)?;
        match compiled.errors.first() {
            None => Ok(()),
            Some(error) => {
                let place = error.primary.first();
                let at = place.map_or(String::new(), |place| {
                    format!(":{}:{}", place.line, place.column)
                });
                Err(Broken::new(
                    format!(
                        "{}{at} is no valid Rust, so it cannot be asked",
                        shown(file)
                    ),
                    "Correct the syntax there; the log shows the compiler's words in full.",
                )
                .words(error.title()))
            }
        }
    }
}
