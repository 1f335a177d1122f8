// SPDX-License-Identifier: GPL-2.0

//! The passes: all units are compiled together, and those with errors are left out, until the rest
//! compiles.
//!
//! The second pass is shorter if the first one has left each question one answer that can fit. What
//! would be chosen is compiled alone, as the module will be built, with the sets, and with what shows
//! that the kernel has what it must lack for an answer that does not fit. If that compiles, no
//! further pass can give another verdict: an answer that was left out does not fit for a reason that
//! no compiler changes.

use crate::classifier::Classifier;
use crate::compiler::Compiler;
use crate::diagnostic::Diagnostic;
use crate::error::{CompilerError, Error, SourceError};
use crate::log::Log;
use crate::names::Names;
use crate::tree::Tree;
use crate::unit::{self, Role, Unit};
use std::path::Path;

/// What the compiler rejected.
#[derive(Debug)]
pub(crate) struct PassResults {
    /// The rejected units, and the first error of each.
    pub(crate) rejected: Vec<(Role, Diagnostic)>,
    /// How often the compiler was run over the answers.
    pub(crate) passes: usize,
    /// The answers that were compiled alone and with the sets, without an error.
    pub(crate) confirmed: Option<Vec<Role>>,
}

impl PassResults {
    /// The error that the unit in `role` was rejected with.
    pub(crate) fn rejection(&self, role: Role) -> Option<&Diagnostic> {
        self.rejected
            .iter()
            .find(|(rejected, _)| *rejected == role)
            .map(|(_, error)| error)
    }
}

/// The error codes for something that does not exist, or is private.
const ABSENT: [&str; 6] = ["E0412", "E0425", "E0432", "E0433", "E0603", NO_FIELD];
/// The code for a field that does not exist.
const NO_FIELD: &str = "E0609";

/// The input of the passes.
pub(crate) struct Passes<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) compiler: &'a Compiler,
    /// The same compiler without the crates that no source names.
    pub(crate) lean: &'a Compiler,
    pub(crate) names: &'a Names,
    /// The directory of generated units.
    pub(crate) units: &'a Path,
}

impl Passes<'_> {
    /// Compiles all units together and leaves out those with errors, until the rest compiles.
    ///
    /// After the first pass, `expected` says which answers will be chosen, if that can be said.
    pub(crate) fn run(
        &self,
        expected: impl Fn(&PassResults) -> Option<Vec<Role>>,
        log: &mut Log,
    ) -> Result<PassResults, Error> {
        let mut accepted = unit::all(self.tree, &self.compiler.crates(), self.units)?;
        let mut results = PassResults {
            rejected: Vec::new(),
            passes: 0,
            confirmed: None,
        };
        loop {
            results.passes += 1;
            let errors = self.compile(&format!("pass_{}", results.passes), &accepted, log)?;
            if errors.is_empty() {
                break;
            }
            for (unit, errors) in self.attribute(&accepted, &errors)? {
                self.check_rejection(unit, &errors, log)?;
                results.rejected.push((unit.role, errors[0].clone()));
            }
            accepted.retain(|unit| results.rejection(unit.role).is_none());
            if results.passes > 1 || accepted.iter().any(is_control) {
                continue;
            }
            if let Some(chosen) = expected(&results) {
                results.passes += 1;
                if self.are_confirmed(&chosen, &accepted, log)? {
                    results.confirmed = Some(chosen);
                    break;
                }
            }
        }
        match accepted.iter().find(|unit| is_control(unit)) {
            None => Ok(results),
            Some(control) => {
                let file = control.file.clone();
                Err(SourceError::ControlAccepted { file }.into())
            }
        }
    }

    /// Whether the answers that will be chosen compile alone, with the sets, and with the absences
    /// among the `accepted` units.
    fn are_confirmed(
        &self,
        chosen: &[Role],
        accepted: &[Unit],
        log: &mut Log,
    ) -> Result<bool, Error> {
        let mut units = accepted.to_vec();
        units.retain(|unit| chosen.contains(&unit.role) || is_absence(unit));
        units.extend(unit::sets(self.tree));
        Ok(self.compile("chosen", &units, log)?.is_empty())
    }

    /// Compiles the answers that the module will be built with, and the sets, and nothing else.
    /// Returns the sets that are rejected, with the first error in each.
    pub(crate) fn compile_chosen(
        &self,
        chosen: &[Role],
        log: &mut Log,
    ) -> Result<Vec<(usize, Diagnostic)>, Error> {
        let mut units = unit::all(self.tree, &self.compiler.crates(), self.units)?;
        units.retain(|unit| chosen.contains(&unit.role));
        units.extend(unit::sets(self.tree));
        let mut rejected: Vec<(usize, Diagnostic)> = Vec::new();
        for diagnostic in self.compile("chosen", &units, log)? {
            let mut sets = self.tree.sets.iter();
            match sets.position(|set| diagnostic.is_in(|path| path == set.file)) {
                None => return Err(SourceError::ChosenRejected { diagnostic }.into()),
                Some(set) if rejected.iter().any(|(known, _)| *known == set) => {}
                Some(set) => rejected.push((set, diagnostic)),
            }
        }
        Ok(rejected)
    }

    fn compile(&self, name: &str, units: &[Unit], log: &mut Log) -> Result<Vec<Diagnostic>, Error> {
        let (root, cfgs) = unit::root(self.tree, units, self.units);
        self.lean.compile(self.units, name, &root, &cfgs, log)
    }

    /// Assigns each error to the unit that it was reported in.
    fn attribute<'u, 'e>(
        &self,
        units: &'u [Unit],
        errors: &'e [Diagnostic],
    ) -> Result<Vec<(&'u Unit, Vec<&'e Diagnostic>)>, Error> {
        let mut rejected: Vec<(&Unit, Vec<&Diagnostic>)> = Vec::new();
        for error in errors {
            let unit = units
                .iter()
                .find(|unit| error.is_in(|path| unit::is_in_module(path, &unit.file)))
                .ok_or_else(|| self.error_outside_units(error))?;
            match rejected
                .iter_mut()
                .find(|(known, _)| known.role == unit.role)
            {
                Some((_, errors)) => errors.push(error),
                None => rejected.push((unit, vec![error])),
            }
        }
        Ok(rejected)
    }

    /// What it means that the compiler reports an error in none of the units.
    fn error_outside_units(&self, error: &Diagnostic) -> Error {
        let diagnostic = error.clone();
        let mut questions = self.tree.questions.iter();
        let Some(question) = questions.find(|question| error.is_in(|path| path == question.file))
        else {
            return match error.primary.is_empty() {
                true => CompilerError::ErrorWithoutFile { diagnostic }.into(),
                false => CompilerError::ErrorElsewhere { diagnostic }.into(),
            };
        };
        let file = question.file.clone();
        let error = match error.code.as_deref() {
            // The name is ambiguous.
            Some("E0659") => SourceError::QuestionUsesAnswer { file, diagnostic },
            _ => SourceError::QuestionRejected { file, diagnostic },
        };
        Error::from(error).in_question(&question.name)
    }

    /// Fails if the unit was rejected for a reason that says nothing about the kernel.
    fn check_rejection(
        &self,
        unit: &Unit,
        errors: &[&Diagnostic],
        log: &mut Log,
    ) -> Result<(), Error> {
        let classifier = Classifier {
            compiler: self.compiler,
            names: self.names,
            units: self.units,
        };
        match unit.role {
            Role::Answer(q, _) => {
                let question = &self.tree.questions[q];
                classifier
                    .check(&unit.file, Some(question), errors, log)
                    .map_err(|error| error.in_question(&question.name))
            }
            // No pass over all answers has one.
            Role::Set(_) => Ok(()),
            Role::Control(c) => {
                classifier.check(&unit.file, None, errors, log)?;
                self.check_control(c, errors)
            }
            Role::Absence(q, a, n) => self
                .check_absence(unit, (q, a, n), errors)
                .map_err(|error| error.in_question(&self.tree.questions[q].name)),
        }
    }

    /// A negative control has to be rejected with the errors that it names, and no others.
    fn check_control(&self, c: usize, errors: &[&Diagnostic]) -> Result<(), Error> {
        let control = &self.tree.controls[c];
        let is_expected = |error: &Diagnostic| {
            control.expected.iter().any(|expected| {
                error.code.as_ref() == Some(expected) || error.message.contains(expected)
            })
        };
        match errors.iter().find(|error| !is_expected(error)) {
            None => Ok(()),
            Some(other) => Err(SourceError::ControlMisjudged {
                file: control.file.clone(),
                expected: control.expected.clone(),
                diagnostic: (*other).clone(),
            }
            .into()),
        }
    }

    /// A unit that tests for an absence has to be rejected because the kernel lacks what it names.
    fn check_absence(
        &self,
        unit: &Unit,
        (q, a, n): (usize, usize, usize),
        errors: &[&Diagnostic],
    ) -> Result<(), Error> {
        let answer = &self.tree.questions[q].answers[a];
        let path: Vec<&str> = answer.without[n]
            .split(['.', ':'])
            .filter(|part| !part.is_empty())
            .collect();
        // If the field is missing, its structure was found.
        let no_field = errors[0].code.as_deref() == Some(NO_FIELD);
        if let Some(name) = self.names.not_generated(&path).filter(|_| !no_field) {
            return Err(SourceError::NotGenerated {
                file: answer.file.clone(),
                name,
                lists: self.names.files.clone(),
                diagnostic: errors[0].clone(),
            }
            .into());
        }
        let is_absence = |error: &Diagnostic| {
            let code = error.code.as_deref();
            code.is_some_and(|code| ABSENT.contains(&code))
        };
        match errors.iter().find(|error| !is_absence(error)) {
            None => Ok(()),
            Some(other) => Err(SourceError::AbsenceMisjudged {
                unit: unit.file.clone(),
                diagnostic: (*other).clone(),
            }
            .into()),
        }
    }
}

fn is_control(unit: &Unit) -> bool {
    matches!(unit.role, Role::Control(_))
}

fn is_absence(unit: &Unit) -> bool {
    matches!(unit.role, Role::Absence(..))
}
