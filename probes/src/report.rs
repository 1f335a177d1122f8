// SPDX-License-Identifier: GPL-2.0

//! What is told of a run: to rustc, to modinfo, to programs and to people.

use crate::broken::Broken;
use crate::compiler::Compiler;
use crate::json::Value;
use crate::outputs::{CFG, INFO, LINE};
use crate::question::{cfg, Question};
use crate::tree::Tree;
use crate::verdict::{Finding, Verdict};
use std::fmt::Write as _;

/// A run that got as far as verdicts.
pub(crate) struct Report<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) compiler: &'a Compiler,
    pub(crate) key: &'a str,
    pub(crate) findings: Vec<Vec<Finding>>,
    pub(crate) verdicts: Vec<Verdict>,
    /// The errors that the twins were rejected with.
    pub(crate) twins: Vec<String>,
    pub(crate) symbols_checked: bool,
    pub(crate) passes: usize,
    pub(crate) seconds: f64,
    pub(crate) cpu_seconds: f64,
}

impl Report<'_> {
    /// The questions with their answers, if each has one.
    fn answers(&self) -> Option<Vec<(&Question, usize)>> {
        let one = |(question, verdict)| match verdict {
            &Verdict::Answer(answer) => Some((question, answer)),
            _ => None,
        };
        self.tree
            .questions
            .iter()
            .zip(&self.verdicts)
            .map(one)
            .collect()
    }

    /// The files that the module is built from, the arguments for rustc last; `None` if a question has
    /// no answer.
    pub(crate) fn files(&self) -> Option<[(&'static str, String); 3]> {
        let answers = self.answers()?;
        let pairs: Vec<String> = answers
            .iter()
            .map(|(question, a)| format!("{}={}", question.name, question.answers[*a].name))
            .collect();
        let line = pairs.join(" ");
        let info = format!(
            "// SPDX-License-Identifier: GPL-2.0\n\
             /* Made by compat-probe: the answers that the module is built with. */\n\
             #include <linux/module.h>\n\nMODULE_INFO(compat, \"{line}\");\n"
        );
        let mut arguments = String::new();
        for (question, a) in &answers {
            _ = writeln!(
                arguments,
                "--cfg={}",
                cfg(&question.name, &question.answers[*a].name)
            );
        }
        if self.compiler.knows_check_cfg() {
            // Names that are not ours, such as the kernel's CONFIG_*, stay unchecked.
            arguments.push_str("--check-cfg=cfg(any())\n");
            for (question, _) in &answers {
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
        Some([(LINE, line), (INFO, info), (CFG, arguments)])
    }

    /// How much was asked, and what it took.
    pub(crate) fn summary(&self) -> String {
        let answers: usize = self.findings.iter().map(Vec::len).sum();
        format!(
            "{}, {}, {} in {}: {:.2} s ({:.2} s of CPU)",
            count(self.tree.questions.len(), "question"),
            count(answers, "answer"),
            count(self.twins.len(), "wrong twin"),
            count(self.passes, "pass"),
            self.seconds,
            self.cpu_seconds,
        )
    }

    /// The table for people: each question, and below it the answer with what that means.
    pub(crate) fn table(&self) -> String {
        let mut rows = vec![("QUESTION".to_string(), "WHAT IS ASKED".to_string())];
        rows.push(("    ANSWER".to_string(), "    WHAT IT MEANS".to_string()));
        for (question, verdict) in self.tree.questions.iter().zip(&self.verdicts) {
            rows.push((question.name.clone(), capitalised(&question.about)));
            rows.push(match verdict {
                Verdict::Answer(a) => {
                    let answer = &question.answers[*a];
                    let (name, about) = (&answer.name, &answer.about);
                    (format!("    {name}"), format!("    {about}"))
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
        if !self.symbols_checked {
            table.push_str(
                "No Module.symvers was given: whether symbols are exported was not looked at.\n",
            );
        }
        table
    }

    fn chosen_symbols(&self) -> impl Iterator<Item = &(String, String)> {
        self.findings
            .iter()
            .flatten()
            .flat_map(|finding| match finding {
                Finding::Fits(symbols) => &symbols[..],
                _ => &[],
            })
    }

    /// Everything that was found, for programs.
    pub(crate) fn json(&self) -> Value {
        let questions = self.tree.questions.iter().enumerate().map(|(q, question)| {
            let verdict = &self.verdicts[q];
            let chosen = match verdict {
                Verdict::Answer(a) => Some(question.answers[*a].name.as_str()),
                _ => None,
            };
            let answers =
                question
                    .answers
                    .iter()
                    .zip(&self.findings[q])
                    .map(|(answer, finding)| {
                        let symbols = match finding {
                            Finding::Fits(symbols) => &symbols[..],
                            _ => &[],
                        };
                        let error = match finding {
                            Finding::Rejected(error) => Some(Value::object([
                                ("code", error.code.as_deref().into()),
                                ("message", error.message.as_str().into()),
                                ("rendered", error.rendered.as_str().into()),
                            ])),
                            _ => None,
                        };
                        Value::object([
                            ("name", answer.name.as_str().into()),
                            ("about", answer.about.as_str().into()),
                            ("fits", Value::Bool(finding.fits())),
                            ("reason", finding.reason().into()),
                            ("error", error.into()),
                            (
                                "symbols",
                                symbols
                                    .iter()
                                    .map(|(name, kind)| {
                                        Value::object([
                                            ("name", name.as_str().into()),
                                            ("export", kind.as_str().into()),
                                        ])
                                    })
                                    .collect(),
                            ),
                        ])
                    });
            Value::object([
                ("name", question.name.as_str().into()),
                ("about", question.about.as_str().into()),
                ("verdict", verdict.name().into()),
                ("answer", chosen.into()),
                ("answers", answers.collect()),
            ])
        });
        let twins = self
            .tree
            .twins
            .iter()
            .zip(&self.twins)
            .map(|(twin, error)| {
                Value::object([
                    ("name", twin.name.as_str().into()),
                    ("about", twin.about.as_str().into()),
                    ("rejected", error.as_str().into()),
                ])
            });
        let answered = self.answers().is_some();
        Value::object([
            (
                "verdict",
                if answered { "answered" } else { "not answered" }.into(),
            ),
            ("key", self.key.into()),
            ("rustc", self.compiler.release().into()),
            (
                "flags",
                self.compiler.flags().iter().map(String::as_str).collect(),
            ),
            ("symbols_checked", Value::Bool(self.symbols_checked)),
            ("passes", Value::Number(self.passes as f64)),
            ("seconds", Value::Number(self.seconds)),
            ("cpu_seconds", Value::Number(self.cpu_seconds)),
            ("wrong_twins", twins.collect()),
            ("questions", questions.collect()),
        ])
    }
}

/// What is told of a run that came to no verdict: for programs, and as a table.
pub(crate) fn broken(tree: Option<&Tree>, broken: &Broken) -> (Value, String) {
    let mut table = format!("{broken}\n");
    let questions = tree
        .map_or(&[][..], |tree| &tree.questions)
        .iter()
        .map(|question| {
            let verdict = match broken.question.as_ref() == Some(&question.name) {
                true => Verdict::EnvironmentBroken,
                false => Verdict::NotAsked,
            };
            _ = writeln!(table, "{}: {}", question.name, verdict.name());
            Value::object([
                ("name", question.name.as_str().into()),
                ("about", question.about.as_str().into()),
                ("verdict", verdict.name().into()),
            ])
        });
    let questions = questions.collect();
    let value = Value::object([
        ("verdict", Verdict::EnvironmentBroken.name().into()),
        ("reason", broken.to_string().into()),
        ("next", broken.next.as_str().into()),
        ("questions", questions),
    ]);
    (value, table)
}

fn capitalised(sentence: &str) -> String {
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
