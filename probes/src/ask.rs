// SPDX-License-Identifier: GPL-2.0

//! One run: controls, passes, symbols, verdicts, and the generated files.

use crate::arguments::Request;
use crate::cache;
use crate::compiler::Compiler;
use crate::control;
use crate::error::{CompilerError, Error};
use crate::files::read_or;
use crate::flags;
use crate::log::Log;
use crate::names::Names;
use crate::outputs::{Outputs, JSON, LOG, TABLE};
use crate::pass::{PassResults, Passes};
use crate::paths::display;
use crate::report::{self, Report};
use crate::source;
use crate::symbol::Symbols;
use crate::target::Target;
use crate::tree::Tree;
use crate::unit::Role;
use crate::verdict::{ProbeResult, Probes, Verdict};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How a run ended.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing that can change an answer has changed since the last run. No file was touched.
    Unchanged,
    /// Each question has its one answer; with a line that says what was asked.
    Answered(String),
    /// The build must not continue; with the messages that say why.
    Failed(String),
}

/// Asks all questions, unless the answers of the last run are current.
pub fn ask(request: &Request) -> Outcome {
    let outputs = match open(&request.out) {
        Ok(outputs) => outputs,
        Err(outcome) => return outcome,
    };
    let (tree, outcome) = match Tree::read(request) {
        Ok(tree) => {
            let outcome = run(request, &outputs, &tree);
            (Some(tree), outcome)
        }
        Err(error) => (None, Err(error)),
    };
    let outcome = outcome.unwrap_or_else(|error| fail(&outputs, tree.as_ref(), &error));
    outputs.remove_aside();
    outcome
}

/// Checks that the compiler can be trusted with these flags, before anything is built with it.
pub fn controls(rustc: &Path, flags: &[String], limit: Duration, out: &Path) -> Outcome {
    let outputs = match open(out) {
        Ok(outputs) => outputs,
        Err(outcome) => return outcome,
    };
    let check = || {
        let units = outputs.units();
        let compiler = Compiler::find(rustc, flags, &[&units], limit)?;
        let mut log = begin(&outputs, &compiler)?;
        control::check(&compiler, &units, &mut log)?;
        outputs.write_trusted(&cache::compiler_key(&compiler)?)?;
        log.close()?;
        Ok(Outcome::Answered(
            "  CONTROL an empty unit compiles, a wrong one is rejected".to_string(),
        ))
    };
    let outcome = check().unwrap_or_else(|error| fail(&outputs, None, &error));
    outputs.remove_aside();
    outcome
}

fn run(request: &Request, outputs: &Outputs, tree: &Tree) -> Result<Outcome, Error> {
    let started = (Instant::now(), children_cpu_seconds());
    refuse_answers(&request.flags, tree)?;
    let units = outputs.units();
    let compiler = Compiler::find(
        &request.rustc,
        &request.flags,
        &[&tree.directory, &tree.controls_directory, &units],
        request.limit,
    )?;
    let inputs = Inputs::read(request, tree)?;
    let key = inputs.key(request, &compiler)?;
    if outputs.are_current(&key) {
        return Ok(Outcome::Unchanged);
    }
    let mut log = begin(outputs, &compiler)?;
    let symvers = request.symvers.as_deref().zip(inputs.symvers.as_deref());
    let tokens = source::tokens(&inputs.bindings);
    let symbols = Symbols::read(&tokens, symvers)?;
    // `make` has checked the compiler before it has compiled anything. The crates did not exist yet.
    let is_trusted = outputs.is_trusted(&cache::compiler_key(&compiler)?);
    if !is_trusted {
        control::check(&compiler, &units, &mut log)?;
    }
    let target = Target {
        request,
        compiler: &compiler,
        names: &inputs.names,
        bindings: &inputs.bindings,
        tokens: &tokens,
        symvers: inputs.symvers.as_deref(),
        units: &units,
        loaded: !is_trusted,
    };
    let compared = target.check(outputs, &mut log)?;
    let lean = match tree.names_any(&compiler.kernel_crates(), &inputs.sources) {
        true => compiler.clone(),
        false => compiler.without_kernel_crates(),
    };
    let passes = Passes {
        tree,
        compiler: &compiler,
        lean: &lean,
        names: &inputs.names,
        units: &units,
    };
    let probes = Probes {
        tree,
        symbols: &symbols,
        bindings: &request.bindings_crate,
    };
    let names = probes.used_names(&inputs.sources);
    // An error that no further pass changes is reported after the passes, which may find a defect.
    let expected = |passes: &PassResults| {
        let results = probes.results(passes, names.as_ref().ok()?);
        let verdicts = probes.verdicts(&results, &request.forced).ok()?;
        chosen(&verdicts)
    };
    let mut pass_results = passes.run(expected, &mut log)?;
    let used = names?;
    let results = probes.results(&pass_results, &used);
    let verdicts = probes.verdicts(&results, &request.forced)?;
    let mut misfits = Vec::new();
    let chosen = chosen(&verdicts).filter(|chosen| {
        let is_confirmed = pass_results.confirmed.as_ref() == Some(chosen);
        !is_confirmed && is_to_be_compiled(tree, chosen, &results)
    });
    if let Some(chosen) = chosen {
        for (set, error) in passes.compile_chosen(&chosen, &mut log)? {
            misfits.push(tree.sets[set].misfit(tree, &verdicts, &error));
        }
        pass_results.passes += 1;
    }
    let report = Report {
        tree,
        compiler: &compiler,
        key: &key,
        symbols_checked: symbols.checked(),
        passes: pass_results.passes,
        seconds: started.0.elapsed().as_secs_f64(),
        cpu_seconds: children_cpu_seconds() - started.1,
        results,
        verdicts,
        misfits,
        controls: control_errors(tree, &pass_results),
        compared,
        used,
    };
    write(&report, outputs, log)
}

/// Refuses flags that answer a question: the driver would be compiled with two answers to it.
fn refuse_answers(flags: &[String], tree: &Tree) -> Result<(), Error> {
    // Files of flags are the kernel's own.
    let given = flags.iter().filter(|flag| !flag.starts_with('@'));
    let given: Vec<String> = given.cloned().collect();
    for cfg in flags::cfgs(&given, Path::new("")).unwrap_or_default() {
        let (name, answer) = cfg.split_once('=').unwrap_or((&cfg, ""));
        if tree.questions.iter().any(|it| it.name == name.trim()) {
            let answer = format!("{}={}", name.trim(), answer.trim().trim_matches('"'));
            return Err(CompilerError::AnswerAmongFlags { cfg, answer }.into());
        }
    }
    Ok(())
}

/// What is read before anything is compiled.
struct Inputs {
    bindings: String,
    symvers: Option<String>,
    names: Names,
    sources: Vec<(PathBuf, String)>,
}

impl Inputs {
    fn read(request: &Request, tree: &Tree) -> Result<Self, Error> {
        let symvers = request.symvers.as_deref();
        Ok(Self {
            bindings: read_or(&request.bindings, "Run bindgen first; `make` does.")?,
            symvers: symvers
                .map(|path| {
                    read_or(
                        path,
                        "Name the Module.symvers that the kernel's build has made.",
                    )
                })
                .transpose()?,
            names: Names::read(&request.bindings_crate, &request.names)?,
            sources: tree.sources()?,
        })
    }

    fn key(&self, request: &Request, compiler: &Compiler) -> Result<String, Error> {
        let texts = [&self.bindings[..], self.symvers.as_deref().unwrap_or("")];
        cache::key(request, compiler, &self.sources, &texts)
    }
}

/// The answers that the module will be built with, if each question has one.
fn chosen(verdicts: &[Verdict]) -> Option<Vec<Role>> {
    let chosen = verdicts.iter().enumerate().map(|(q, verdict)| {
        let answer = verdict.answer()?;
        Some(Role::Answer(q, answer))
    });
    chosen.collect()
}

/// Whether the chosen answers are to be compiled once more by themselves: there are sets, or the last
/// pass contained other answers too, which compile but do not fit.
fn is_to_be_compiled(tree: &Tree, chosen: &[Role], results: &[Vec<ProbeResult>]) -> bool {
    let compiled = results.iter().flatten().filter(|result| result.compiles());
    !tree.sets.is_empty() || compiled.count() != chosen.len()
}

/// The errors that the negative controls were rejected with.
fn control_errors(tree: &Tree, passes: &PassResults) -> Vec<String> {
    (0..tree.controls.len())
        .filter_map(|c| Some(passes.rejection(Role::Control(c))?.title()))
        .collect()
}

/// Removes the files of earlier runs, and begins the log.
fn begin(outputs: &Outputs, compiler: &Compiler) -> Result<Log, Error> {
    outputs.invalidate()?;
    let mut log = Log::open(&outputs.path(LOG))?;
    log.line(&compiler.version);
    Ok(log)
}

/// Writes all files of a run that came to a verdict on each question.
fn write(report: &Report<'_>, outputs: &Outputs, mut log: Log) -> Result<Outcome, Error> {
    let table = report.table();
    log.line(&format!("\n{table}"));
    let failures = failures(report, outputs);
    log.line(&failures);
    log.close()?;
    outputs.write(JSON, &format!("{}\n", report.json()))?;
    outputs.write(TABLE, &table)?;
    match report.files() {
        Some(answers) => {
            outputs.write_answers(report.key, answers)?;
            Ok(Outcome::Answered(format!("  PROBE   {}", report.summary())))
        }
        None => Ok(Outcome::Failed(failures)),
    }
}

/// Opens the directory of generated files. Without it there is no place for a log either.
fn open(out: &Path) -> Result<Outputs, Outcome> {
    Outputs::open(out)
        .map_err(|error| Outcome::Failed(message(&error.to_string(), &error.next(), None)))
}

/// The messages about questions without an answer.
fn failures(report: &Report<'_>, outputs: &Outputs) -> String {
    let mut messages = Vec::new();
    for (q, question) in report.tree.questions.iter().enumerate() {
        if let Some((what, next)) = report.verdicts[q].failure(question, &report.results[q]) {
            messages.push(message(&what, &next, Some(&outputs.path(LOG))));
        }
    }
    for (what, next) in &report.misfits {
        messages.push(message(what, next, Some(&outputs.path(LOG))));
    }
    messages.join("\n")
}

/// Removes everything that could be used as an answer, and reports the error.
fn fail(outputs: &Outputs, tree: Option<&Tree>, error: &Error) -> Outcome {
    let path = outputs.path(LOG);
    let text = message(&error.to_string(), &error.next(), Some(&path));
    let report = || {
        outputs.remove_answers()?;
        let mut log = Log::open(&path)?;
        log.line(&format!("\n{text}"));
        log.close()?;
        let (json, table) = report::of_error(tree, error);
        outputs.write(JSON, &format!("{json}\n"))?;
        outputs.write(TABLE, &table)
    };
    match report() {
        Ok(()) => Outcome::Failed(text),
        Err(second) => {
            let second = message(&second.to_string(), &second.next(), None);
            Outcome::Failed(format!("{text}\n{second}"))
        }
    }
}

/// A message as a person reads it.
fn message(what: &str, next: &str, log: Option<&Path>) -> String {
    let mut text = format!("compat-probe: {what}");
    if let Some(log) = log {
        _ = write!(text, "\n    log:  {}", display(log));
    }
    text + "\n    next: " + next
}

/// The CPU time of the child processes that have ended, in seconds; 0 if the kernel does not say.
fn children_cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may contain blanks. Fields 16 and 17 are the user and system time of
    // children, in hundredths of a second on every architecture.
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
