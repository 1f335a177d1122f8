// SPDX-License-Identifier: GPL-2.0

//! `base0fs-faults` fails every allocation of every operation on a mount once, and looks whether
//! the error is the right one, nothing is half done, and the second try works.

#![forbid(unsafe_code)]

mod attempt;
mod injector;
mod lifecycle;
mod operation;
mod operations;

use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::prelude::{Long, Short, Value, ValueExt};

use operation::Operation;

const HELP: &str = "\
Usage: base0fs-faults [OPTION]... [OPERATION]...
Fails every allocation of every operation on a mount once. Prints `ok - …` or `not ok - …` for each operation, and exits
with 0 only if all are ok. Needs root and a kernel with fault injection.

  --type NAME     the filesystem type (default: base0fs)
  --module FILE   also loads, mounts, unmounts and unloads this module, which must not be loaded, with failing allocations
  --lower DIR     an empty directory for the lower files (default: /lower)
  --mount DIR     the mountpoint (default: /mnt)
  --list          list the operations and end
  --help          show this text
";

/// The command line.
struct Request {
    filesystem: String,
    module: Option<PathBuf>,
    lower: PathBuf,
    mount: PathBuf,
    operations: Vec<&'static Operation>,
}

fn main() -> ExitCode {
    match parse() {
        Ok(Some(request)) => match run(&request) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("base0fs-faults: {error}.");
                ExitCode::from(2)
            }
        },
        Ok(None) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("base0fs-faults: {error}. Try --help.");
            ExitCode::from(2)
        }
    }
}

fn parse() -> Result<Option<Request>, lexopt::Error> {
    let mut request = Request {
        filesystem: "base0fs".into(),
        module: None,
        lower: "/lower".into(),
        mount: "/mnt".into(),
        operations: Vec::new(),
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("type") => request.filesystem = parser.value()?.string()?,
            Long("module") => request.module = Some(parser.value()?.into()),
            Long("lower") => request.lower = parser.value()?.into(),
            Long("mount") => request.mount = parser.value()?.into(),
            Long("list") => {
                operations::all().for_each(|operation| println!("{}", operation.name));
                return Ok(None);
            }
            Long("help") | Short('h') => {
                print!("{HELP}");
                return Ok(None);
            }
            Value(name) => {
                let name = name.string()?;
                let found = operations::all().find(|operation| operation.name == name);
                request.operations.push(found.ok_or_else(|| {
                    format!("there is no operation named {name}; --list prints the names")
                })?);
            }
            other => return Err(other.unexpected()),
        }
    }
    if request.operations.is_empty() {
        request.operations.extend(operations::all());
    }
    Ok(Some(request))
}

/// Whether everything is ok. An error says what the machine lacks.
fn run(request: &Request) -> Result<bool, String> {
    let mut passed = true;
    if let Some(module) = &request.module {
        passed &= lifecycle::run(module, &request.filesystem, &request.lower, &request.mount)?;
    }
    let stage = attempt::Stage::new(&request.filesystem, &request.lower, &request.mount)?;
    for operation in &request.operations {
        for warm in [false, true] {
            passed &= report(
                &format!(
                    "{} {}",
                    operation.name,
                    if warm { "again" } else { "at first" }
                ),
                stage.fail_each(operation, warm),
            );
        }
    }
    Ok(passed)
}

/// Prints one result: how many allocations have failed, or what was wrong.
fn report(name: &str, result: Result<u32, Vec<String>>) -> bool {
    match &result {
        Ok(count) => println!("ok - {name}: {count} allocations fail"),
        Err(faults) => {
            for fault in faults {
                println!("# {fault}");
            }
            println!("not ok - {name}");
        }
    }
    result.is_ok()
}
