// SPDX-License-Identifier: GPL-2.0

//! One run: controls, passes, symbols, verdicts, and the files that tell of them.

use crate::arguments::Request;
use crate::broken::{shown, Broken};
use crate::cache;
use crate::compiler::Compiler;
use crate::control;
use crate::log::Log;
use crate::names::Names;
use crate::outputs::{Outputs, JSON, LOG, TABLE};
use crate::pass::Passes;
use crate::report::{self, Report};
use crate::symbol::Symbols;
use crate::tree::Tree;
use crate::unit::Role;
use crate::verdict::{findings, Verdict};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

/// How a run ended.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing that can change an answer has changed since the last run; no file was touched.
    Unchanged,
    /// Each question has its one answer; with a line that says what was asked.
    Answered(String),
    /// The build must not go on; with the sentences that say why.
    Stopped(String),
}

/// Asks all questions, unless the answers that are there are still the right ones.
pub fn ask(request: &Request) -> Outcome {
    let outputs = match opened(&request.out) {
        Ok(outputs) => outputs,
        Err(outcome) => return outcome,
    };
    let (tree, asked) = match Tree::read(request) {
        Ok(tree) => {
            let asked = run(request, &outputs, &tree);
            (Some(tree), asked)
        }
        Err(broken) => (None, Err(broken)),
    };
    let outcome = asked.unwrap_or_else(|broken| stop(&outputs, tree.as_ref(), &broken));
    outputs.forget();
    outcome
}

/// Looks whether the compiler can be trusted with these flags, before anything is made with it.
pub fn controls(rustc: &Path, flags: &[String], out: &Path) -> Outcome {
    let outputs = match opened(out) {
        Ok(outputs) => outputs,
        Err(outcome) => return outcome,
    };
    let checked = || {
        let units = outputs.units();
        let compiler = Compiler::find(rustc, flags, &[&units])?;
        outputs.retract()?;
        let mut log = Log::open(&outputs.path(LOG))?;
        log.line(&compiler.version);
        control::check(&compiler, &units, &mut log)?;
        log.end(&outputs.path(LOG))?;
        Ok(Outcome::Answered(
            "  CONTROL an empty unit compiles, a wrong one is rejected".to_string(),
        ))
    };
    let outcome = checked().unwrap_or_else(|broken| stop(&outputs, None, &broken));
    outputs.forget();
    outcome
}

fn run(request: &Request, outputs: &Outputs, tree: &Tree) -> Result<Outcome, Broken> {
    let started = (Instant::now(), children_cpu_seconds());
    let units = outputs.units();
    let compiler = Compiler::find(
        &request.rustc,
        &request.flags,
        &[&tree.directory, &tree.controls, &units],
    )?;
    let bindings = text_of(&request.bindings, "Run bindgen first; `make` does.")?;
    let symvers = match &request.symvers {
        Some(path) => Some(text_of(
            path,
            "Give the Module.symvers that the kernel's build has made.",
        )?),
        None => None,
    };
    let names = Names::read(&request.bindings_crate, &request.names)?;
    let sources = tree.sources()?;
    let texts = [&bindings[..], symvers.as_deref().unwrap_or("")];
    let key = cache::key(request, &compiler, &sources, &texts)?;
    if outputs.whole(&key) {
        return Ok(Outcome::Unchanged);
    }
    outputs.retract()?;
    let mut log = Log::open(&outputs.path(LOG))?;
    log.line(&compiler.version);
    let symbols = Symbols::read(
        &bindings,
        request.symvers.as_deref().zip(symvers.as_deref()),
    )?;
    control::check(&compiler, &units, &mut log)?;
    let passes = Passes {
        tree,
        compiler: &compiler,
        names: &names,
        units: &units,
    };
    let found = passes.run(&mut log)?;
    let findings = findings(tree, &found, &symbols, &request.bindings_crate, &sources)?;
    let verdicts: Vec<Verdict> = findings
        .iter()
        .map(|findings| Verdict::of(findings))
        .collect();
    let twins = (0..tree.twins.len())
        .filter_map(|t| Some(found.rejection(Role::Twin(t))?.title()))
        .collect();
    let chosen: Vec<Role> = verdicts
        .iter()
        .enumerate()
        .filter_map(|(q, verdict)| match verdict {
            Verdict::Answer(a) => Some(Role::Answer(q, *a)),
            _ => None,
        })
        .collect();
    let answers: usize = findings.iter().map(Vec::len).sum();
    let rejected = found
        .rejected
        .iter()
        .filter(|(role, _)| matches!(role, Role::Answer(..)))
        .count();
    let answered = chosen.len() == tree.questions.len();
    let mut passes_run = found.passes;
    if answered && answers - rejected != chosen.len() {
        // The last pass also held answers that compile and do not fit.
        passes.confirm(&chosen, &mut log)?;
        passes_run += 1;
    }
    let report = Report {
        tree,
        compiler: &compiler,
        key: &key,
        symbols_checked: symbols.checked(),
        passes: passes_run,
        seconds: started.0.elapsed().as_secs_f64(),
        cpu_seconds: children_cpu_seconds() - started.1,
        findings,
        verdicts,
        twins,
    };
    log.line(&format!("\n{}", report.table()));
    let complaints = complaints(&report, outputs);
    log.line(&complaints);
    log.end(&outputs.path(LOG))?;
    outputs.put(JSON, &format!("{}\n", report.json()))?;
    outputs.put(TABLE, &report.table())?;
    match report.files() {
        Some(answers) => {
            outputs.seal(&key, answers)?;
            Ok(Outcome::Answered(format!("  PROBE   {}", report.summary())))
        }
        None => Ok(Outcome::Stopped(complaints)),
    }
}

/// The directory of generated files; without it there is no log to write to either.
fn opened(out: &Path) -> Result<Outputs, Outcome> {
    Outputs::open(out)
        .map_err(|broken| Outcome::Stopped(sentence(&broken.to_string(), &broken.next, None)))
}

/// The sentences about questions without an answer.
fn complaints(report: &Report<'_>, outputs: &Outputs) -> String {
    let mut all = Vec::new();
    for (q, question) in report.tree.questions.iter().enumerate() {
        if let Some((what, next)) = report.verdicts[q].complaint(question, &report.findings[q]) {
            all.push(sentence(&what, &next, Some(&outputs.path(LOG))));
        }
    }
    all.join("\n")
}

/// Leaves nothing that could be taken for an answer, and tells what is broken.
fn stop(outputs: &Outputs, tree: Option<&Tree>, broken: &Broken) -> Outcome {
    let path = outputs.path(LOG);
    let text = sentence(&broken.to_string(), &broken.next, Some(&path));
    let tell = || {
        outputs.withdraw()?;
        let mut log = Log::open(&path)?;
        log.line(&format!("\n{text}"));
        log.end(&path)?;
        let (json, table) = report::broken(tree, broken);
        outputs.put(JSON, &format!("{json}\n"))?;
        outputs.put(TABLE, &table)
    };
    match tell() {
        Ok(()) => Outcome::Stopped(text),
        Err(second) => {
            let second = sentence(&second.to_string(), &second.next, None);
            Outcome::Stopped(format!("{text}\n{second}"))
        }
    }
}

/// A message as a person reads it.
fn sentence(what: &str, next: &str, log: Option<&Path>) -> String {
    let mut text = format!("compat-probe: {what}");
    if let Some(log) = log {
        _ = write!(text, "\n    log:  {}", shown(log));
    }
    text + "\n    next: " + next
}

fn text_of(path: &Path, next: &str) -> Result<String, Broken> {
    std::fs::read_to_string(path).map_err(|error| Broken::file("reading", path, &error, next))
}

/// The seconds of CPU time that finished child processes took, as far as the kernel tells.
fn children_cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may hold blanks; user and system time of children are fields 16 and 17,
    // in hundredths on every architecture.
    let fields = stat
        .rsplit(") ")
        .next()
        .unwrap_or("")
        .split(' ')
        .skip(13)
        .take(2);
    fields
        .filter_map(|field| field.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}
