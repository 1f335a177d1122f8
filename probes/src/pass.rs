// SPDX-License-Identifier: GPL-2.0

//! The passes: all answers in one compilation, those with errors dropped, until it is clean.

use crate::broken::{shown, Broken};
use crate::compiler::{Compiled, Compiler};
use crate::diagnostic::Diagnostic;
use crate::judgement::Court;
use crate::log::Log;
use crate::names::Names;
use crate::tree::Tree;
use crate::unit::{self, Role, Unit};
use std::path::Path;

/// What the compiler made of each unit.
#[derive(Debug)]
pub(crate) struct Found {
    /// The units that were rejected, and the first error of each.
    pub(crate) rejected: Vec<(Role, Diagnostic)>,
    /// How often the compiler was run over the answers.
    pub(crate) passes: usize,
}

impl Found {
    /// The error that the unit in `role` was rejected with.
    pub(crate) fn rejection(&self, role: Role) -> Option<&Diagnostic> {
        self.rejected
            .iter()
            .find(|(rejected, _)| *rejected == role)
            .map(|(_, error)| error)
    }
}

/// The errors that say that something is not there.
const ABSENT: [&str; 6] = ["E0412", "E0425", "E0432", "E0433", "E0603", "E0609"];

/// A run over the answers.
pub(crate) struct Passes<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) compiler: &'a Compiler,
    pub(crate) names: &'a Names,
    /// The directory of made units.
    pub(crate) units: &'a Path,
}

impl Passes<'_> {
    /// Compiles all units together and drops those with errors, until what is left compiles.
    pub(crate) fn run(&self, log: &mut Log) -> Result<Found, Broken> {
        let mut live = unit::all(self.tree, &self.compiler.crates(), self.units)?;
        let mut found = Found {
            rejected: Vec::new(),
            passes: 0,
        };
        loop {
            found.passes += 1;
            let name = format!("pass_{}", found.passes);
            let Compiled { errors } = self.compile(&name, &live, log)?;
            if errors.is_empty() {
                break;
            }
            let failed = self.attribute(&live, &errors)?;
            for (unit, errors) in &failed {
                let first = self.judge(unit, errors, log)?;
                found.rejected.push((unit.role, first.clone()));
            }
            let gone: Vec<Role> = failed.iter().map(|(unit, _)| unit.role).collect();
            live.retain(|unit| !gone.contains(&unit.role));
        }
        for unit in live {
            if let Role::Twin(t) = unit.role {
                let twin = &self.tree.twins[t];
                return Err(Broken::new(
                    format!("the wrong twin {} is accepted, so an accepted answer of its family would prove nothing", shown(&twin.file)),
                    "Look at what the twin names in the bindings: they have to carry the kernel's types; if the kernel has come to allow what is wrong in it, make the twin wrong in another way.",
                ));
            }
        }
        Ok(found)
    }

    /// Compiles exactly the answers that the module will be built with.
    pub(crate) fn confirm(&self, chosen: &[Role], log: &mut Log) -> Result<(), Broken> {
        let mut units = unit::all(self.tree, &self.compiler.crates(), self.units)?;
        units.retain(|unit| chosen.contains(&unit.role));
        match self.compile("chosen", &units, log)?.errors.first() {
            None => Ok(()),
            Some(error) => Err(Broken::new(
                "the chosen answers do not compile without the others",
                "Let each answer use only `bindings`, `super` and the support modules.",
            )
            .words(error.words())),
        }
    }

    fn compile(&self, name: &str, units: &[Unit], log: &mut Log) -> Result<Compiled, Broken> {
        let (root, cfgs) = unit::root(self.tree, units, self.units);
        self.compiler
            .compile_text(self.units, name, &root, &cfgs, log)
    }

    /// The units with errors. An error in none of them stops the run.
    fn attribute<'u, 'e>(
        &self,
        live: &'u [Unit],
        errors: &'e [Diagnostic],
    ) -> Result<Vec<(&'u Unit, Vec<&'e Diagnostic>)>, Broken> {
        let mut failed: Vec<(&Unit, Vec<&Diagnostic>)> = Vec::new();
        for error in errors {
            let Some(unit) = live
                .iter()
                .find(|unit| error.is_in(|path| unit.holds(path)))
            else {
                return Err(self.stray(error));
            };
            match failed.iter_mut().find(|(known, _)| known.role == unit.role) {
                Some((_, errors)) => errors.push(error),
                None => failed.push((unit, vec![error])),
            }
        }
        Ok(failed)
    }

    /// An error outside of all units.
    fn stray(&self, error: &Diagnostic) -> Broken {
        let question = self
            .tree
            .questions
            .iter()
            .find(|question| error.is_in(|path| path == question.file));
        let broken = match (question, error.code.as_deref()) {
            (Some(question), Some("E0659")) => Broken::new(
                format!("the question file {} uses a name that its answers define, and each of them defines it", shown(&question.file)),
                "Use the chosen answer from outside of the questions only.",
            ),
            (Some(question), _) => Broken::new(
                format!("the question file {} does not compile, whatever the answer", shown(&question.file)),
                "A question file has to compile on every kernel: correct it, or move what differs into the answers.",
            ),
            (None, _) if error.primary.is_empty() => Broken::new(
                "the compiler fails over the answers and names no file",
                "Look for the cause in the log, and run `make` again when the machine has memory and room on its disks.",
            ),
            (None, _) => Broken::new(
                "the compiler reports an error that lies in no answer file",
                "What answers lean on has to compile on every kernel: correct the named file, or make bindings and flags whole again.",
            ),
        };
        let broken = broken.words(error.words());
        match question {
            Some(question) => broken.question(&question.name),
            None => broken,
        }
    }

    /// The error that a unit is rejected with, if it is rejected for a reason that counts.
    fn judge<'e>(
        &self,
        unit: &Unit,
        errors: &[&'e Diagnostic],
        log: &mut Log,
    ) -> Result<&'e Diagnostic, Broken> {
        let court = Court {
            compiler: self.compiler,
            names: self.names,
            units: self.units,
        };
        match unit.role {
            Role::Answer(q, _) => {
                let question = &self.tree.questions[q];
                court
                    .defect(&unit.file, Some(question), errors, log)
                    .map_err(|broken| broken.question(&question.name))?;
            }
            Role::Twin(t) => {
                let twin = &self.tree.twins[t];
                court.defect(&unit.file, None, errors, log)?;
                let fits = |error: &Diagnostic| {
                    twin.expected.iter().any(|expected| {
                        error.code.as_ref() == Some(expected) || error.message.contains(expected)
                    })
                };
                if let Some(other) = errors.iter().find(|error| !fits(error)) {
                    return Err(Broken::new(
                        format!(
                            "the wrong twin {} is rejected, but not with {}",
                            shown(&twin.file),
                            twin.expected.join(" or ")
                        ),
                        "Let the twin be wrong in one way only, on things that every kernel has.",
                    )
                    .words(other.words()));
                }
            }
            Role::Absence(q, a, n) => {
                let question = &self.tree.questions[q];
                let answer = &question.answers[a];
                let path: Vec<&str> = answer.without[n]
                    .split(['.', ':'])
                    .filter(|part| !part.is_empty())
                    .collect();
                let no_field = errors[0].code.as_deref() == Some("E0609");
                if let Some((what, next)) = self.names.unasked(&path).filter(|_| !no_field) {
                    let what = format!("{} {what}", shown(&answer.file));
                    return Err(Broken::new(what, next)
                        .words(errors[0].words())
                        .question(&question.name));
                }
                let absent = |error: &&&Diagnostic| {
                    error
                        .code
                        .as_deref()
                        .is_some_and(|code| ABSENT.contains(&code))
                };
                if let Some(other) = errors.iter().find(|error| !absent(error)) {
                    return Err(Broken::new(
                        format!(
                            "{} fails for another reason than that the kernel lacks what it names",
                            shown(&unit.file)
                        ),
                        "Correct the `Only without:` line that it is made from.",
                    )
                    .words(other.words())
                    .question(&question.name));
                }
            }
        }
        Ok(errors[0])
    }
}
