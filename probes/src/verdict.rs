// SPDX-License-Identifier: GPL-2.0

//! The result of each probe, and the verdict that the results of a question's answers give.

use crate::diagnostic::Diagnostic;
use crate::error::{DeclarationError, Error, SourceError, SymbolError};
use crate::files::read;
use crate::pass::PassResults;
use crate::paths::display;
use crate::question::{Answer, Question};
use crate::source;
use crate::symbol::{self, Export, Symbols};
use crate::tree::Tree;
use crate::unit::{is_in_module, Role};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Whether an answer fits, or why not.
#[derive(Debug)]
pub(crate) enum ProbeResult {
    /// It compiles, and all symbols that it needs are exported (symbol, kind of export).
    Fits(Vec<(String, String)>),
    /// The compiler rejects it.
    Rejected(Box<Diagnostic>),
    /// The kernel has what must be absent.
    NotAbsent(String),
    /// The kernel exports what must not be.
    NotUnexported(String),
    /// What the kernel must have and not export is not a function of the kernel.
    NotDeclared(String),
    /// A structure has a member that the answer does not know (structure, member).
    UnknownMember(String, String),
    /// The kernel does not show the members of a structure.
    NoMembers(String),
    /// A symbol that it needs is declared but not exported; with the file that needs it.
    NotExported(String, PathBuf),
    /// A symbol that it needs is exported in a namespace only (symbol, namespace); with the file
    /// that needs it.
    InNamespace(String, String, PathBuf),
}

impl ProbeResult {
    pub(crate) fn fits(&self) -> bool {
        matches!(self, Self::Fits(_))
    }

    /// Whether the answer compiles. It need not fit.
    pub(crate) fn compiles(&self) -> bool {
        !matches!(self, Self::Rejected(_))
    }

    /// The exported symbols that a fitting answer needs (symbol, kind of export).
    pub(crate) fn symbols(&self) -> &[(String, String)] {
        match self {
            Self::Fits(symbols) => symbols,
            _ => &[],
        }
    }

    /// The error that the compiler rejects the answer with.
    pub(crate) fn error(&self) -> Option<&Diagnostic> {
        match self {
            Self::Rejected(error) => Some(error),
            _ => None,
        }
    }

    /// What the part of `answer` that does not fit is for: the first sentence of its file, if the
    /// answer has more than one.
    fn part(&self, answer: &Answer) -> Option<String> {
        let file = match self {
            Self::Rejected(error) => error
                .primary
                .iter()
                .map(|span| &span.file)
                .find(|file| is_in_module(file, &answer.file))?,
            Self::NotExported(_, file) | Self::InNamespace(_, _, file) => file,
            _ => return None,
        };
        let text = (*file != answer.file).then(|| read(file).ok())??;
        let about = source::first_sentence(&text);
        Some(format!("\n        wanted by {}: {about}", display(file)))
    }

    /// Why the answer fits, or does not.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Fits(_) => "fits".to_string(),
            Self::Rejected(error) => error.title_and_span(),
            Self::NotAbsent(name) => {
                format!("the kernel has `{name}`, and this answer is for kernels without it")
            }
            Self::NotUnexported(name) => {
                format!("the kernel exports `{name}`, and this answer is for kernels that do not")
            }
            Self::NotDeclared(name) => {
                format!("the kernel has no function `{name}` outside of this module, and this answer is for kernels that have it and do not export it")
            }
            Self::UnknownMember(structure, member) => {
                format!("`{structure}` has the member `{member}`, which this answer does not know")
            }
            Self::NoMembers(structure) => {
                format!("the kernel has no `{structure}` with members, and this answer states all of them")
            }
            Self::NotExported(symbol, _) => {
                format!("`{symbol}` is declared, but the kernel does not export it")
            }
            Self::InNamespace(symbol, namespace, _) => {
                format!("`{symbol}` is exported, but only to modules that import the namespace {namespace}")
            }
        }
    }
}

/// The names that files use of the bindings, with the first file that uses each.
pub(crate) type UsedNames = BTreeMap<String, PathBuf>;

/// The input of the results.
pub(crate) struct Probes<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) symbols: &'a Symbols,
    /// The crate of the bindings.
    pub(crate) bindings: &'a str,
}

impl Probes<'_> {
    /// The results of all answers after these passes, by question and answer. The answers use the
    /// names in `used`.
    pub(crate) fn results(
        &self,
        passes: &PassResults,
        used: &[Vec<UsedNames>],
    ) -> Vec<Vec<ProbeResult>> {
        let questions = used.iter().enumerate().map(|(q, answers)| {
            let answers = answers.iter().enumerate();
            answers
                .map(|(a, names)| self.result(passes, (q, a), names))
                .collect()
        });
        questions.collect()
    }

    /// The verdicts on all questions, whose results these are. `forced` names answers by question.
    pub(crate) fn verdicts(
        &self,
        results: &[Vec<ProbeResult>],
        forced: &[(String, String)],
    ) -> Result<Vec<Verdict>, Error> {
        let mut verdicts: Vec<Verdict> = results.iter().map(|of| Verdict::of(of)).collect();
        for (question, answer) in forced {
            let questions = &self.tree.questions;
            let place = questions.iter().enumerate().find_map(|(q, it)| {
                let a = it.answers.iter().position(|it| it.name == *answer)?;
                (it.name == *question).then_some((q, a))
            });
            let Some((q, a)) = place else {
                let known = questions.iter().find(|it| it.name == *question);
                let names = known.map_or(Vec::new(), |it| {
                    it.answers.iter().map(|it| it.name.clone()).collect()
                });
                return Err(DeclarationError::UnknownForced {
                    question: question.clone(),
                    answer: answer.clone(),
                    answers: names,
                }
                .into());
            };
            if verdicts[q].answer() == Some(a) {
                continue;
            }
            let result = &results[q][a];
            let is_unusable = matches!(
                result,
                ProbeResult::Rejected(_)
                    | ProbeResult::NotExported(..)
                    | ProbeResult::InNamespace(..)
            );
            if is_unusable {
                let error = SourceError::ForcedUnusable {
                    file: questions[q].answers[a].file.clone(),
                    reason: result.reason(),
                };
                return Err(Error::from(error).in_question(question));
            }
            verdicts[q] = Verdict::Forced(a);
        }
        Ok(verdicts)
    }

    /// The names that each answer uses of the bindings, by question and answer.
    ///
    /// A file that belongs to no answer is compiled with each of them, so the symbols that it needs
    /// have to be exported. The negative controls are not part of the module.
    pub(crate) fn used_names(
        &self,
        sources: &[(PathBuf, String)],
    ) -> Result<Vec<Vec<UsedNames>>, Error> {
        let questions = self.tree.questions.iter();
        let mut used: Vec<Vec<UsedNames>> = questions
            .map(|question| vec![UsedNames::new(); question.answers.len()])
            .collect();
        let outside = [&self.tree.controls_directory, &self.tree.sets_directory];
        for (file, text) in sources {
            if outside.iter().any(|directory| file.starts_with(directory)) {
                continue;
            }
            let names = symbol::used(text, self.bindings, file)?;
            let names = names.into_iter().map(|name| (name, file.clone()));
            match self.answer_of(file) {
                Some((q, a)) => {
                    for (name, file) in names {
                        used[q][a].entry(name).or_insert(file);
                    }
                }
                None => {
                    if let Err(result) = self.exports(&names.collect()) {
                        return Err(SymbolError::SharedFileNeedsSymbol {
                            file: file.clone(),
                            reason: result.reason(),
                        }
                        .into());
                    }
                }
            }
        }
        Ok(used)
    }

    /// The answer that a source file belongs to (question, answer).
    fn answer_of(&self, file: &Path) -> Option<(usize, usize)> {
        let mut questions = self.tree.questions.iter().enumerate();
        questions.find_map(|(q, question)| {
            let mut answers = question.answers.iter();
            let a = answers.position(|answer| is_in_module(file, &answer.file))?;
            Some((q, a))
        })
    }

    /// The result of an answer (question, answer) that uses `names` of the bindings.
    fn result(
        &self,
        passes: &PassResults,
        (q, a): (usize, usize),
        names: &UsedNames,
    ) -> ProbeResult {
        if let Some(error) = passes.rejection(Role::Answer(q, a)) {
            return ProbeResult::Rejected(Box::new(error.clone()));
        }
        let without = &self.tree.questions[q].answers[a].without;
        for (n, name) in without.iter().enumerate() {
            if passes.rejection(Role::Absence(q, a, n)).is_none() {
                return ProbeResult::NotAbsent(name.clone());
            }
        }
        if let Some(result) = self.excluded(&self.tree.questions[q].answers[a]) {
            return result;
        }
        match self.exports(names) {
            Ok(symbols) => ProbeResult::Fits(symbols),
            Err(result) => result,
        }
    }

    /// Why the answer does not fit by what its header says of exports and members.
    fn excluded(&self, answer: &Answer) -> Option<ProbeResult> {
        let in_bindings = |path: &str| -> String {
            let name = path.strip_prefix(self.bindings);
            name.and_then(|rest| rest.strip_prefix("::"))
                .unwrap_or(path)
                .to_string()
        };
        for path in &answer.unexported {
            let name = in_bindings(path);
            // What became inline or a macro, or has another name now, is not missing.
            if !self.symbols.is_declared(&name) {
                return Some(ProbeResult::NotDeclared(path.clone()));
            }
            // To be exported to other modules is to exist.
            if let Export::Exported(_) | Export::InNamespace(_) = self.symbols.export(&name) {
                return Some(ProbeResult::NotUnexported(path.clone()));
            }
        }
        for (structure, known) in &answer.members {
            let members = self.symbols.members(&in_bindings(structure));
            if members.is_empty() {
                return Some(ProbeResult::NoMembers(structure.clone()));
            }
            if let Some(unknown) = members.iter().find(|member| !known.contains(member)) {
                let (structure, unknown) = (structure.clone(), unknown.clone());
                return Some(ProbeResult::UnknownMember(structure, unknown));
            }
        }
        None
    }

    /// The exported symbols among `names`. A symbol that this module cannot use is the error.
    fn exports(&self, names: &UsedNames) -> Result<Vec<(String, String)>, ProbeResult> {
        let mut exported = Vec::new();
        for (name, file) in names {
            let (symbol, file) = (name.clone(), file.clone());
            match self.symbols.export(name) {
                Export::NotNeeded => {}
                Export::Exported(kind) => exported.push((symbol, kind)),
                Export::NotExported => return Err(ProbeResult::NotExported(symbol, file)),
                Export::InNamespace(namespace) => {
                    return Err(ProbeResult::InNamespace(symbol, namespace, file))
                }
            }
        }
        Ok(exported)
    }
}

/// The verdict on a question.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// This answer fits, and no other.
    Answer(usize),
    /// Somebody wants this answer, whether it fits or not.
    Forced(usize),
    NoAnswerFits,
    TwoAnswersFit,
}

impl Verdict {
    /// The verdict that the results of a question's answers give.
    pub(crate) fn of(results: &[ProbeResult]) -> Self {
        let fitting: Vec<usize> = (0..results.len()).filter(|a| results[*a].fits()).collect();
        match fitting[..] {
            [] => Self::NoAnswerFits,
            [answer] => Self::Answer(answer),
            _ => Self::TwoAnswersFit,
        }
    }

    /// The answer, if there is exactly one.
    pub(crate) fn answer(&self) -> Option<usize> {
        match self {
            Self::Answer(answer) | Self::Forced(answer) => Some(*answer),
            Self::NoAnswerFits | Self::TwoAnswersFit => None,
        }
    }

    /// The verdict's name.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Answer(_) => "answer",
            Self::Forced(_) => "forced",
            Self::NoAnswerFits => "no answer fits",
            Self::TwoAnswersFit => "two answers fit",
        }
    }

    /// Why the build stops, and what to do; `None` for an answer.
    pub(crate) fn failure(
        &self,
        question: &Question,
        results: &[ProbeResult],
    ) -> Option<(String, String)> {
        let (name, file) = (&question.name, display(&question.file));
        let directory = display(&question.file.with_extension(""));
        let mut tried = String::new();
        for (answer, result) in question.answers.iter().zip(results) {
            let part = result.part(answer).unwrap_or_default();
            tried.push_str(&format!("\n    {}: {}{part}", answer.name, result.reason()));
        }
        match self {
            Self::Answer(_) | Self::Forced(_) => None,
            Self::NoAnswerFits => Some((
                format!("no answer fits the question `{name}`: the kernel has a form that {file} does not know.{tried}"),
                format!("Write the kernel's form as a new answer file in {directory}/, correct the answer that is meant for it, or report it together with the log."),
            )),
            Self::TwoAnswersFit => Some((
                format!("two answers fit the question `{name}`, so compat-probe cannot decide which one is right for this kernel.{tried}"),
                format!("Make the answers in {directory}/ exclude each other: use in each what only its kernels have, or add `//! Only without: bindings::name` to the one for kernels without it."),
            )),
        }
    }
}
