// SPDX-License-Identifier: GPL-2.0

//! The subcommands of `compat-probe`.

use crate::arguments::{Arguments, Request, USAGE};
use crate::ask::{ask, controls, Outcome};
use crate::diff;
use crate::explain;
use crate::outputs;
use crate::paths::visible;
use crate::project::Project;
use crate::stamp::Build;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The options of `compat-probe controls`.
const CONTROLS_OPTIONS: [&str; 4] = ["--rustc", "--rustc-args", "--limit", "--out"];

/// The options of `compat-probe rust-project`.
const PROJECT_OPTIONS: [&str; 9] = [
    "--kernel",
    "--kernel-source",
    "--rustc",
    "--rustc-args",
    "--out",
    "--module",
    "--bindings",
    "--host",
    "--file",
];

/// The options of `compat-probe diff`.
const DIFF_OPTIONS: [&str; 5] = [
    "--sources",
    "--names",
    "--bindings-crate",
    "--depth",
    "--lines",
];

/// The options of `compat-probe stamp` and `compat-probe unchanged`.
const STAMP_OPTIONS: [&str; 5] = ["--kernel", "--out", "--target", "--tool", "--tree"];

/// The status of `compat-probe diff` after a report that is not complete.
const INCOMPLETE: u8 = 3;

/// Runs the command with the arguments that follow its name.
pub fn run(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let subcommand = arguments.next().unwrap_or_default();
    let mut status = ExitCode::SUCCESS;
    // The outer error is wrong usage, the inner one a failure.
    let result = match subcommand.to_str() {
        Some("ask") => Request::read(arguments).map(|request| output_of(ask(&request))),
        Some("controls") => Arguments::read(arguments, &CONTROLS_OPTIONS).and_then(|arguments| {
            let rustc = Path::new(arguments.required("--rustc")?);
            let out = Path::new(arguments.required("--out")?);
            let limit = arguments.limit()?;
            Ok(output_of(controls(rustc, &arguments.flags()?, limit, out)))
        }),
        Some("stamp") => Arguments::read(arguments, &STAMP_OPTIONS).and_then(|arguments| {
            Ok(stamp(&arguments)?.map(|()| String::new()).map_err(|error| {
                format!("compat-probe: NOTE: no stamp was made ({error}): the next `make` enters the kernel's build again.")
            }))
        }),
        Some("unchanged") => Arguments::read(arguments, &STAMP_OPTIONS).and_then(|arguments| {
            if !build(&arguments)?.is_unchanged() {
                status = ExitCode::FAILURE;
            }
            Ok(Ok(String::new()))
        }),
        Some("table") => Arguments::read(arguments, &["--out"])
            .and_then(|arguments| Ok(table(Path::new(arguments.required("--out")?)))),
        Some("explain") => {
            let known = ["--out", "--bindings"];
            Arguments::read_with_operands(arguments, &known, &["QUESTION"])
                .and_then(|arguments| explained(&arguments))
        }
        Some("diff") => Arguments::read_with_operands(arguments, &DIFF_OPTIONS, &["OLD", "NEW"])
            .and_then(|arguments| {
                let result = diff::diff(&comparison(&arguments)?);
                Ok(result.map_err(|what| format!("compat-probe: {what}")))
            })
            .map(|result| {
                result.map(|report| {
                    if !report.is_complete {
                        status = ExitCode::from(INCOMPLETE);
                    }
                    report.text
                })
            }),
        Some("rust-project") => {
            Arguments::read(arguments, &PROJECT_OPTIONS).and_then(|arguments| {
                Ok(project(&arguments)?.map_err(|what| format!("compat-probe: {what}")))
            })
        }
        Some("help" | "--help" | "-h") => Ok(Ok(USAGE.to_string())),
        Some("version" | "--version" | "-V") => Ok(Ok(format!("compat-probe {}\n", version()))),
        Some("") => Err("a subcommand is missing".to_string()),
        _ => Err(format!("{subcommand:?} is not a subcommand")),
    };
    match result {
        Ok(Ok(text)) => match print(&text) {
            Ok(()) => status,
            Err(error) => {
                eprintln!("compat-probe: writing to standard output failed: {error}.");
                ExitCode::FAILURE
            }
        },
        Ok(Err(messages)) => {
            eprintln!("{}", visible(&messages));
            ExitCode::FAILURE
        }
        Err(mistake) => {
            eprintln!("compat-probe: {mistake}; `compat-probe help` says how it is used.");
            ExitCode::from(2)
        }
    }
}

/// Prints to standard output. A closed pipe (`... | head`) is not a failure.
fn print(text: &str) -> io::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// The version of the package. Kbuild compiles it without cargo, and so without
/// `CARGO_PKG_VERSION`.
fn version() -> &'static str {
    let manifest = include_str!("../Cargo.toml").lines();
    let mut versions = manifest.filter_map(|line| line.strip_prefix("version = "));
    versions.next().unwrap_or("unknown").trim_matches('"')
}

/// What is printed on standard output (`Ok`) or standard error (`Err`).
fn output_of(outcome: Outcome) -> Result<String, String> {
    match outcome {
        Outcome::Unchanged => Ok(String::new()),
        Outcome::Answered(summary) => Ok(format!("{summary}\n")),
        Outcome::Failed(messages) => Err(messages),
    }
}

/// The explanation of a question.
fn explained(arguments: &Arguments) -> Result<Result<String, String>, String> {
    let out = Path::new(arguments.required("--out")?);
    let bindings = match arguments.optional("--bindings")? {
        Some(file) => PathBuf::from(file),
        None => out.join("bindings.rs"),
    };
    let question = arguments.operands[0].to_string_lossy();
    let shown = explain::explain(&question, out, &bindings);
    Ok(shown
        .map(|text| visible(&text))
        .map_err(|what| format!("compat-probe: {what}")))
}

/// The comparison that the arguments of `diff` describe.
fn comparison(arguments: &Arguments) -> Result<diff::Request, String> {
    let number = |name: &str, default| match arguments.optional(name)? {
        None => Ok(default),
        Some("all") => Ok(usize::MAX),
        Some(number) => number
            .parse()
            .map_err(|_| format!("{name} needs a number or `all`, and not `{number}`")),
    };
    let sources = PathBuf::from(arguments.optional("--sources")?.unwrap_or("compat"));
    let named = arguments.all("--names");
    Ok(diff::Request {
        old: arguments.operands[0].clone(),
        new: arguments.operands[1].clone(),
        names: match named.is_empty() {
            true => diff::usual_names(&sources),
            false => named.iter().map(PathBuf::from).collect(),
        },
        sources,
        bindings: arguments
            .optional("--bindings-crate")?
            .unwrap_or("bindings")
            .into(),
        depth: number("--depth", 1)?,
        lines: number("--lines", 40)?,
    })
}

/// Describes the project for rust-analyzer. The outer error is wrong usage, the inner one a
/// failure.
fn project(arguments: &Arguments) -> Result<Result<String, String>, String> {
    let named = |given: &str| match given.split_once('=') {
        Some((name, file)) => Ok((name.to_string(), file.into())),
        None => Err(format!("`{given}` is not of the form NAME=FILE")),
    };
    let project = Project {
        kernel: arguments.required("--kernel")?.into(),
        sources: arguments.optional("--kernel-source")?.map(PathBuf::from),
        rustc: arguments.required("--rustc")?.into(),
        flags: arguments.flags()?,
        out: arguments.required("--out")?.into(),
        module: arguments.required("--module")?.into(),
        bindings: named(arguments.required("--bindings")?)?,
        host: arguments
            .all("--host")
            .into_iter()
            .map(named)
            .collect::<Result<_, _>>()?,
    };
    let file = arguments.required("--file")?;
    Ok(project.describe().and_then(|(text, notes)| {
        std::fs::write(file, text).map_err(|error| {
            format!(
                "writing {file} failed: {error}: free space there, or make the directory writable."
            )
        })?;
        for note in notes {
            eprintln!("compat-probe: NOTE: {note}");
        }
        Ok(String::new())
    }))
}

/// The build that the arguments of `stamp` and `unchanged` describe.
fn build(arguments: &Arguments) -> Result<Build<'_>, String> {
    Ok(Build {
        out: Path::new(arguments.required("--out")?),
        target: arguments.required("--target")?,
        kernel: Path::new(arguments.required("--kernel")?),
        words: &arguments.rest,
    })
}

/// Makes a stamp of a build that has succeeded. The outer error is wrong usage, the inner one a failure.
fn stamp(arguments: &Arguments) -> Result<Result<(), std::io::Error>, String> {
    let build = build(arguments)?;
    let tools = arguments.all("--tool").into_iter().map(str::to_string);
    let mut tools: Vec<String> = tools.collect();
    // The kernel's build has named its own.
    let named = std::fs::read_to_string(build.out.join("tools")).unwrap_or_default();
    tools.extend(named.lines().map(str::to_string));
    let trees: Vec<PathBuf> = arguments.all("--tree").iter().map(PathBuf::from).collect();
    let written = build.write(&trees, &tools);
    if !matches!(written, Ok(Some(()))) {
        build.remove();
    }
    Ok(written.map(|_| ()))
}

/// The table of the last run.
fn table(out: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(out.join(outputs::TABLE));
    text.map(|text| visible(&text)).map_err(|error| {
        format!(
            "compat-probe: there is no table of answers in {} ({error}): run `make` first.",
            out.display()
        )
    })
}
