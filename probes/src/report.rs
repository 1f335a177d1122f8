// SPDX-License-Identifier: GPL-2.0

//! The results of a run, as rustc, modinfo, programs and people read them.

use crate::compiler::Compiler;
use crate::error::Error;
use crate::json::Value;
use crate::outputs::{CFG, INFO, LINE};
use crate::paths::display;
use crate::question::{cfg, Answer, Question};
use crate::tree::Tree;
use crate::verdict::{ProbeResult, UsedNames, Verdict};
use std::fmt::Write as _;
use std::path::Path;

/// Marks an answer that somebody wants, whether it fits or not: in the table, in `modinfo` and in the
/// kernel's log.
const FORCED: &str = "(forced)";

/// The results of a run that came to a verdict on each question.
pub(crate) struct Report<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) compiler: &'a Compiler,
    pub(crate) key: &'a str,
    /// By question and answer.
    pub(crate) results: Vec<Vec<ProbeResult>>,
    /// By question.
    pub(crate) verdicts: Vec<Verdict>,
    /// What does not fit together in the answers, and what to do.
    pub(crate) misfits: Vec<(String, String)>,
    /// The names that each answer uses of the bindings, by question and answer.
    pub(crate) used: Vec<Vec<UsedNames>>,
    /// The errors that the negative controls were rejected with.
    pub(crate) controls: Vec<String>,
    /// What was compared of that which describes the kernel: a sentence for each.
    pub(crate) compared: Vec<String>,
    pub(crate) symbols_checked: bool,
    pub(crate) passes: usize,
    pub(crate) seconds: f64,
    pub(crate) cpu_seconds: f64,
}

impl Report<'_> {
    /// The questions with their answers, if each has one and they go together.
    fn answers(&self) -> Option<Vec<(&Question, usize)>> {
        if !self.misfits.is_empty() {
            return None;
        }
        let questions = self.tree.questions.iter().zip(&self.verdicts);
        questions
            .map(|(question, verdict)| Some((question, verdict.answer()?)))
            .collect()
    }

    /// Name and text of the files that the module is built from, the arguments for rustc last;
    /// `None` if a question has no answer, or the answers do not go together.
    pub(crate) fn files(&self) -> Option<[(&'static str, String); 3]> {
        let answers = self.answers()?;
        let pairs: Vec<String> = answers
            .iter()
            .map(|(question, a)| {
                let mark = if self.is_forced(question) { FORCED } else { "" };
                format!("{}={}{mark}", question.name, question.answers[*a].name)
            })
            .collect();
        let line = pairs.join(" ");
        let info = format!(
            "// SPDX-License-Identifier: GPL-2.0\n\
             /* Made by compat-probe: the answers that the module is built with. */\n\
             #include <linux/module.h>\n\nMODULE_INFO(compat, \"{line}\");\n"
        );
        let arguments = self.arguments(&answers);
        Some([(LINE, line), (INFO, info), (CFG, arguments)])
    }

    /// Whether somebody wants the answer, whether it fits or not.
    fn is_forced(&self, question: &Question) -> bool {
        let questions = self.tree.questions.iter().zip(&self.verdicts);
        let mut forced = questions.filter(|(_, verdict)| matches!(verdict, Verdict::Forced(_)));
        forced.any(|(it, _)| it.name == question.name)
    }

    /// The answers as arguments for rustc, one a line.
    fn arguments(&self, answers: &[(&Question, usize)]) -> String {
        let mut arguments = String::new();
        for (question, a) in answers {
            _ = writeln!(
                arguments,
                "--cfg={}",
                cfg(&question.name, &question.answers[*a].name)
            );
        }
        if self.compiler.knows_check_cfg() {
            // Other names, such as the kernel's CONFIG_*, stay unchecked.
            arguments.push_str("--check-cfg=cfg(any())\n");
            for (question, _) in answers {
                let values: Vec<String> = question
                    .answers
                    .iter()
                    .map(|answer| format!("{:?}", answer.name))
                    .collect();
                _ = writeln!(
                    arguments,
                    "--check-cfg=cfg({}, values({}))",
                    question.name,
                    values.join(", ")
                );
            }
        }
        arguments
    }

    /// How much was compiled, and how long it took.
    pub(crate) fn summary(&self) -> String {
        let answers: usize = self.results.iter().map(Vec::len).sum();
        format!(
            "{}, {}, {} in {}: {:.2} s ({:.2} s of CPU)",
            count(self.tree.questions.len(), "question"),
            count(answers, "answer"),
            count(self.controls.len(), "negative control"),
            count(self.passes, "pass"),
            self.seconds,
            self.cpu_seconds,
        )
    }

    /// The table for people: each question, and below it the answer and its meaning.
    pub(crate) fn table(&self) -> String {
        let mut rows = vec![("QUESTION".to_string(), "WHAT IS ASKED".to_string())];
        rows.push(("    ANSWER".to_string(), "    WHAT IT MEANS".to_string()));
        for (question, verdict) in self.tree.questions.iter().zip(&self.verdicts) {
            rows.push((question.name.clone(), capitalised(&question.about)));
            rows.push(match verdict {
                Verdict::Answer(a) | Verdict::Forced(a) => {
                    let answer = &question.answers[*a];
                    let mark = if self.is_forced(question) { FORCED } else { "" };
                    let (name, about) = (&answer.name, &answer.about);
                    (format!("    {name}{mark}"), format!("    {about}"))
                }
                _ => (format!("    ({})", verdict.name()), String::new()),
            });
        }
        let width = rows.iter().map(|(name, _)| name.chars().count()).max();
        let width = width.unwrap_or(0);
        let mut table = String::new();
        for (name, about) in &rows {
            _ = writeln!(table, "{}", format!("{name:width$}  {about}").trim_end());
        }
        _ = writeln!(table, "\n{}\n{}", self.compiler.release(), self.summary());
        let mut gpl: Vec<&str> = self
            .chosen_symbols()
            .filter(|(_, kind)| kind.contains("GPL"))
            .map(|(name, _)| name.as_str())
            .collect();
        gpl.sort_unstable();
        gpl.dedup();
        if !gpl.is_empty() {
            _ = writeln!(table, "Exported to GPL modules only: {}", gpl.join(", "));
        }
        for sentence in &self.compared {
            _ = writeln!(table, "{sentence}");
        }
        if !self.symbols_checked {
            table.push_str(
                "No Module.symvers was given: whether symbols are exported was not checked.\n",
            );
        }
        table
    }

    /// The symbols that fitting answers need (symbol, kind of export).
    fn chosen_symbols(&self) -> impl Iterator<Item = &(String, String)> {
        let results = self.results.iter().flatten();
        results.flat_map(|result| result.symbols())
    }

    /// All results, for programs.
    pub(crate) fn json(&self) -> Value {
        let answered = self.answers().is_some();
        let flags = self.compiler.flags().iter().map(String::as_str);
        let controls = self.tree.controls.iter().zip(&self.controls);
        let controls = controls.map(|(control, error)| {
            Value::object([
                ("name", control.name.as_str().into()),
                ("about", control.about.as_str().into()),
                ("rejected", error.as_str().into()),
            ])
        });
        let questions = (0..self.tree.questions.len()).map(|q| self.question_json(q));
        Value::object([
            (
                "verdict",
                if answered { "answered" } else { "not answered" }.into(),
            ),
            ("key", self.key.into()),
            ("rustc", self.compiler.release().into()),
            ("flags", flags.collect()),
            ("symbols_checked", Value::Bool(self.symbols_checked)),
            (
                "compared",
                self.compared.iter().map(String::as_str).collect(),
            ),
            ("passes", Value::Number(self.passes as f64)),
            ("seconds", Value::Number(self.seconds)),
            ("cpu_seconds", Value::Number(self.cpu_seconds)),
            ("negative_controls", controls.collect()),
            ("questions", questions.collect()),
        ])
    }

    fn question_json(&self, q: usize) -> Value {
        let question = &self.tree.questions[q];
        let verdict = &self.verdicts[q];
        let chosen = verdict.answer().map(|a| question.answers[a].name.as_str());
        let answers = question.answers.iter().zip(&self.results[q]);
        let answers = answers.zip(&self.used[q]);
        Value::object([
            ("name", question.name.as_str().into()),
            ("about", question.about.as_str().into()),
            ("file", path(&question.file)),
            ("documentation", question.documentation.as_str().into()),
            ("verdict", verdict.name().into()),
            ("answer", chosen.into()),
            (
                "answers",
                answers
                    .map(|((answer, result), used)| answer_json(answer, result, used))
                    .collect(),
            ),
        ])
    }
}

fn answer_json(answer: &Answer, result: &ProbeResult, used: &UsedNames) -> Value {
    let error = result.error().map(|error| {
        Value::object([
            ("code", error.code.as_deref().into()),
            ("message", error.message.as_str().into()),
            ("rendered", error.rendered.as_str().into()),
        ])
    });
    let symbols = result.symbols().iter().map(|(name, kind)| {
        Value::object([
            ("name", name.as_str().into()),
            ("export", kind.as_str().into()),
        ])
    });
    Value::object([
        ("name", answer.name.as_str().into()),
        ("about", answer.about.as_str().into()),
        ("file", path(&answer.file)),
        ("documentation", answer.documentation.as_str().into()),
        ("uses", used.keys().map(String::as_str).collect()),
        ("fits", Value::Bool(result.fits())),
        ("reason", result.reason().into()),
        ("error", error.into()),
        ("symbols", symbols.collect()),
    ])
}

/// The report of a run that ended with an error: for programs, and as a table.
pub(crate) fn of_error(tree: Option<&Tree>, error: &Error) -> (Value, String) {
    let mut table = format!("{error}\n");
    let mut questions = Vec::new();
    for question in tree.map_or(&[][..], |tree| &tree.questions) {
        let verdict = match error.question.as_ref() == Some(&question.name) {
            true => "error",
            false => "not asked",
        };
        _ = writeln!(table, "{}: {verdict}", question.name);
        questions.push(Value::object([
            ("name", question.name.as_str().into()),
            ("about", question.about.as_str().into()),
            ("file", path(&question.file)),
            ("documentation", question.documentation.as_str().into()),
            ("verdict", verdict.into()),
        ]));
    }
    let value = Value::object([
        ("verdict", "error".into()),
        ("kind", error.kind().into()),
        ("reason", error.to_string().into()),
        ("next", error.next().into()),
        ("questions", questions.into_iter().collect()),
    ]);
    (value, table)
}

fn path(path: &Path) -> Value {
    display(path).into()
}

/// The sentence with a capital letter.
pub(crate) fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

fn count(number: usize, noun: &str) -> String {
    let plural = match (number, noun) {
        (1, _) => "",
        (_, "pass") => "es",
        _ => "s",
    };
    format!("{number} {noun}{plural}")
}
