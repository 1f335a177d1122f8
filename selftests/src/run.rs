// SPDX-License-Identifier: GPL-2.0

//! A run of the suite, from the checks before the first case to the verdict.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::case::{Case, Run};
use crate::cases::CASES;
use crate::command_line::Options;
use crate::identity::Identity;
use crate::json::Json;
use crate::ktap::Ktap;
use crate::layer::Layer;
use crate::progress::Progress;
use crate::record::Record;
use crate::report::{CaseResult, Heading, Report, Verdict};
use crate::scratch::Scratch;
use crate::start::{self, Start};
use crate::suite::Suite;
use crate::{interrupt, skipped};

/// Runs the cases that `options` choose. Returns the verdict, or why the cases could not run.
pub fn run(options: &Options) -> Result<Verdict, String> {
    let verdict = run_unless_passed(options);
    if let (Err(reason), true) = (&verdict, options.json) {
        // The caller prints the reason, too.
        let _ = output(options).map(|out| Json::new(out).could_not_run(reason));
    }
    verdict
}

fn run_unless_passed(options: &Options) -> Result<Verdict, String> {
    let (cases, unsuitable) = choose(&options.cases, &options.layer)?;
    let layer = start::layer(&options.layer)?;
    let identity = identify(options, layer.as_ref())?;
    let record = options.record.clone().map(Record::new);
    if let Some(record) = &record {
        if record.has(&identity)? {
            return tell_passed_before(options, &identity).map(|()| Verdict::Passed);
        }
    }
    let mut report: Box<dyn Report> = match options.json {
        true => Box::new(Json::new(output(options)?)),
        false => Box::new(Ktap::new(output(options)?)),
    };
    let start = Start::new(&options.dir, options.keep, options.cases.is_empty())?;
    let scratch = &start.scratch;
    watch_signals(options, scratch, &identity)?;
    let suite = Suite {
        layer: layer.as_ref(),
        directory: scratch.path(),
        program: &start.program,
    };
    let heading = Heading {
        layer: layer.name(),
        directory: &scratch.path().display().to_string(),
        identity: &identity,
        cases: cases.len(),
        unsuitable: &unsuitable,
    };
    report.begin(&heading).map_err(unwritable)?;
    let progress = options.progress.then(|| Progress::new(cases.len()));
    let results = run_cases(&suite, &cases, report.as_mut(), progress).map_err(unwritable)?;
    let verdict = match interrupt::signal() {
        Some(signal) => Verdict::Interrupted { signal },
        None => Verdict::of(&results),
    };
    if Identity::of_loaded(layer.filesystem_type())? != identity {
        return Err(format!(
            "another {} was loaded while the cases ran, so there is no verdict: run them again.",
            layer.name()
        ));
    }
    report.finish(verdict, &results).map_err(unwritable)?;
    if let (Some(record), Verdict::Passed) = (&record, verdict) {
        if let Err(complaint) = record.add(&identity) {
            let _ = writeln!(io::stderr(), "base0fs-selftest: {complaint}");
        }
    }
    if let Some(log) = &options.log {
        tell_verdict(verdict, &results, &identity, log).map_err(unwritable)?;
    }
    Ok(verdict)
}

/// Has signals end the run.
fn watch_signals(options: &Options, scratch: &Scratch, identity: &Identity) -> Result<(), String> {
    let (options, identity) = (options.clone(), identity.clone());
    let keep = options.keep;
    let report = move |signal| {
        if options.json {
            let _ = output(&options).map(|out| Json::new(out).ended_by(signal, &identity));
        }
    };
    interrupt::watch(scratch.path().to_owned(), keep, report)
        .map_err(|error| format!("signals cannot be watched: {error}."))
}

/// Runs the cases until a signal interrupts them.
fn run_cases(
    suite: &Suite<'_>,
    cases: &[Case],
    report: &mut dyn Report,
    mut progress: Option<Progress>,
) -> io::Result<Vec<CaseResult>> {
    let mut results = Vec::new();
    for case in cases {
        if let Some(progress) = &mut progress {
            progress.begin(case);
        }
        let wrong = suite.run(case);
        if interrupt::requested() {
            break;
        }
        let not_supported = skipped::take_not_supported();
        let result = CaseResult {
            case: *case,
            wrong: match &not_supported {
                Some(_) => Vec::new(),
                None => wrong,
            },
            not_supported,
            skipped: skipped::take(),
        };
        report.result(&result)?;
        results.push(result);
    }
    Ok(results)
}

/// What the verdict will be about. Refuses if that is not what `options` ask for.
fn identify(options: &Options, layer: &dyn Layer) -> Result<Identity, String> {
    let module = layer.filesystem_type();
    let identity = Identity::of_loaded(module)?;
    match (module, &options.module, &options.record) {
        (Some(name), Some(file), _) => identity.require(name, file)?,
        (None, None, None) | (Some(_), None, _) => {}
        (None, ..) => {
            return Err(format!(
                "--module and --verify are about a module, and {} is none.",
                layer.name()
            ))
        }
    }
    if options.record.is_some() && identity.build_id.is_none() {
        return Err(format!(
            "--verify tells modules by their build ids, and {} has none: load it as a module that was linked with \
             --build-id.",
            layer.name()
        ));
    }
    Ok(identity)
}

/// The cases to run, and those that need a filesystem type while `layer` is none.
fn choose(names: &[String], layer: &str) -> Result<(Vec<Case>, Vec<Case>), String> {
    if let Some(unknown) = names
        .iter()
        .find(|name| CASES.iter().all(|case| case.name != **name))
    {
        return Err(format!("there is no case named {unknown}: see --list."));
    }
    let chosen = CASES
        .iter()
        .filter(|case| names.is_empty() || names.iter().any(|name| name == case.name));
    let (cases, unsuitable): (Vec<Case>, Vec<Case>) =
        chosen.partition(|case| layer != "bind" || !matches!(case.run, Run::Configuring(_)));
    match unsuitable.first() {
        Some(case) if !names.is_empty() => Err(format!(
            "{} needs a filesystem type, and a bind mount has none.",
            case.name
        )),
        _ => Ok((cases, unsuitable)),
    }
}

/// Where the report goes.
fn output(options: &Options) -> Result<Box<dyn Write>, String> {
    let Some(log) = &options.log else {
        return Ok(Box::new(io::stdout()));
    };
    match File::create(log) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(format!(
            "the log {} cannot be written: {error}.",
            log.display()
        )),
    }
}

/// Says that this module has passed on this kernel. Leaves an earlier log of cases as it is, but
/// for a program, to which it would say something else.
fn tell_passed_before(options: &Options, identity: &Identity) -> Result<(), String> {
    if options.json {
        Json::new(output(options)?)
            .passed_before(identity)
            .map_err(unwritable)?;
        if options.log.is_none() {
            return Ok(());
        }
    }
    writeln!(
        io::stdout(),
        "base0fs-selftest: all cases have passed before {identity}."
    )
    .map_err(unwritable)
}

/// Says in a few lines what the report in `log` says.
fn tell_verdict(
    verdict: Verdict,
    results: &[CaseResult],
    identity: &Identity,
    log: &Path,
) -> io::Result<()> {
    let (all, log) = (results.len(), log.display());
    let failed: Vec<&CaseResult> = results.iter().filter(|result| result.failed()).collect();
    let sentence = match verdict {
        Verdict::Passed => match results.iter().filter(|result| !result.passed()).count() {
            0 => format!("all {all} cases passed {identity}."),
            skipped => format!(
                "{} of {all} cases passed {identity}, and {skipped} cannot run on this lower filesystem.",
                all - skipped
            ),
        },
        Verdict::Failed => format!(
            "{} of {all} cases failed {identity}; the report is {log}.",
            failed.len()
        ),
        Verdict::Interrupted { signal } => {
            format!("signal {signal} interrupted the run after {all} cases; the report is {log}.")
        }
    };
    let mut out = io::stdout();
    writeln!(out, "base0fs-selftest: {sentence}")?;
    for result in failed {
        writeln!(out, "  {}", result.failure())?;
    }
    Ok(())
}

fn unwritable(error: io::Error) -> String {
    format!("the report cannot be written: {error}.")
}
