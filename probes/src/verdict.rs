// SPDX-License-Identifier: GPL-2.0

//! What was found of an answer, and what follows for its question.

use crate::broken::{shown, Broken};
use crate::diagnostic::Diagnostic;
use crate::pass::Found;
use crate::question::Question;
use crate::symbol::{self, Standing, Symbols};
use crate::tree::Tree;
use crate::unit::{Role, Unit};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What was found of an answer.
#[derive(Debug)]
pub(crate) enum Finding {
    /// It compiles, and each symbol it calls is exported (symbol, kind of export).
    Fits(Vec<(String, String)>),
    /// The compiler rejects it.
    Rejected(Box<Diagnostic>),
    /// The kernel offers what it wants absent.
    Offered(String),
    /// It calls a symbol that is declared and not exported.
    Unexported(String),
    /// It calls a symbol that is exported in a namespace (symbol, namespace).
    Namespaced(String, String),
}

impl Finding {
    /// Whether the answer fits.
    pub(crate) fn fits(&self) -> bool {
        matches!(self, Self::Fits(_))
    }

    /// Why it fits, or does not.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Fits(_) => "fits".to_string(),
            Self::Rejected(error) => error.words(),
            Self::Offered(name) => {
                format!("the kernel offers `{name}`, and this answer is for kernels without it")
            }
            Self::Unexported(symbol) => {
                format!("`{symbol}` is declared, but the kernel does not export it")
            }
            Self::Namespaced(symbol, namespace) => {
                format!("`{symbol}` is exported, but only to modules that import the namespace {namespace}")
            }
        }
    }
}

/// What was found of all answers, by question and answer.
pub(crate) fn findings(
    tree: &Tree,
    found: &Found,
    symbols: &Symbols,
    bindings: &str,
    sources: &[(PathBuf, String)],
) -> Result<Vec<Vec<Finding>>, Broken> {
    let mut used: Vec<Vec<BTreeSet<String>>> = tree
        .questions
        .iter()
        .map(|question| vec![BTreeSet::new(); question.answers.len()])
        .collect();
    for (file, text) in sources
        .iter()
        .filter(|(file, _)| !file.starts_with(&tree.controls))
    {
        let names = symbol::used(text, bindings, file)?;
        let answer = tree.questions.iter().enumerate().find_map(|(q, question)| {
            let holds = |name: &PathBuf| {
                Unit {
                    role: Role::Answer(q, 0),
                    file: name.clone(),
                }
                .holds(file)
            };
            Some((
                q,
                question
                    .answers
                    .iter()
                    .position(|answer| holds(&answer.file))?,
            ))
        });
        match answer {
            Some((q, a)) => used[q][a].extend(names),
            None => {
                if let Err(finding) = exports(&names, symbols) {
                    return Err(Broken::new(
                        format!("{} serves every answer, but {}", shown(file), finding.reason()),
                        "Move the call into the answers of a question, or wrap it in a static inline.",
                    ));
                }
            }
        }
    }
    let finding = |q: usize, a: usize| {
        if let Some(error) = found.rejection(Role::Answer(q, a)) {
            return Finding::Rejected(Box::new(error.clone()));
        }
        for (n, name) in tree.questions[q].answers[a].without.iter().enumerate() {
            let callable = name
                .strip_prefix(bindings)
                .and_then(|rest| rest.strip_prefix("::"))
                .map_or(true, |name| {
                    matches!(
                        symbols.standing(name),
                        Standing::NoExport | Standing::Exported(_)
                    )
                });
            if found.rejection(Role::Absence(q, a, n)).is_none() && callable {
                return Finding::Offered(name.clone());
            }
        }
        exports(&used[q][a], symbols).map_or_else(|finding| finding, Finding::Fits)
    };
    let questions = tree.questions.iter().enumerate();
    Ok(questions
        .map(|(q, question)| (0..question.answers.len()).map(|a| finding(q, a)).collect())
        .collect())
}

/// The exported symbols among `names`; the first one that is not for us is the error.
fn exports(names: &BTreeSet<String>, symbols: &Symbols) -> Result<Vec<(String, String)>, Finding> {
    let mut exported = Vec::new();
    for name in names {
        match symbols.standing(name) {
            Standing::NoExport => {}
            Standing::Exported(kind) => exported.push((name.clone(), kind)),
            Standing::Unexported => return Err(Finding::Unexported(name.clone())),
            Standing::Namespaced(namespace) => {
                return Err(Finding::Namespaced(name.clone(), namespace))
            }
        }
    }
    Ok(exported)
}

/// What follows for a question.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// This answer, and no other, fits.
    Answer(usize),
    /// None does.
    NoAnswerFits,
    /// More than one does.
    TwoAnswersFit(Vec<usize>),
    /// Nobody got to ask it.
    NotAsked,
    /// It could not be asked, because of the question's own source.
    EnvironmentBroken,
}

impl Verdict {
    /// The verdict that follows from what was found of a question's answers.
    pub(crate) fn of(findings: &[Finding]) -> Self {
        let fitting: Vec<usize> = (0..findings.len())
            .filter(|a| findings[*a].fits())
            .collect();
        match fitting[..] {
            [] => Self::NoAnswerFits,
            [answer] => Self::Answer(answer),
            _ => Self::TwoAnswersFit(fitting),
        }
    }

    /// The verdict's name.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Answer(_) => "answer",
            Self::NoAnswerFits => "no answer fits",
            Self::TwoAnswersFit(_) => "two answers fit",
            Self::NotAsked => "not asked",
            Self::EnvironmentBroken => "environment broken",
        }
    }

    /// Why the build stops, and what a person does next; `None` for an answer.
    pub(crate) fn complaint(
        &self,
        question: &Question,
        findings: &[Finding],
    ) -> Option<(String, String)> {
        let name = &question.name;
        let directory = shown(&question.file.with_extension(""));
        let tried = question.answers.iter().zip(findings).fold(
            String::new(),
            |tried, (answer, finding)| {
                format!("{tried}\n    {}: {}", answer.name, finding.reason())
            },
        );
        match self {
            Self::NoAnswerFits => Some((
                format!("no answer fits the question `{name}`: the kernel has a form that {} does not know.{tried}", shown(&question.file)),
                format!("Write the kernel's form as a new answer file in {directory}/, or report it together with the log."),
            )),
            Self::TwoAnswersFit(_) => Some((
                format!("two answers fit the question `{name}`, so it is not decided which one is right here.{tried}"),
                format!("Make the answers in {directory}/ exclude each other: use in each what only its kernels have, or add `//! Only without: bindings::name` to the one for kernels without it."),
            )),
            Self::Answer(_) | Self::NotAsked | Self::EnvironmentBroken => None,
        }
    }
}
