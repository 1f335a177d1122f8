// SPDX-License-Identifier: GPL-2.0

//! `base0fs-bench` counts the instructions of filesystem operations in a directory.
//!
//! It needs a machine whose time stamp counter counts instructions, with one processor:
//! `lab/benchmark` starts one. There, a number does not depend on how busy the host is.

mod counter;
mod meter;
mod operation;
mod operations;

use std::path::PathBuf;
use std::process::ExitCode;

use rustix::io::Errno;

use lexopt::prelude::{Long, Short, Value, ValueExt};

use meter::Meter;
use operation::{Operation, Place};
use operations::operations;

const HELP: &str = "\
Usage: base0fs-bench [OPTION]... [OPERATION]...
Counts the instructions of filesystem operations in a directory, and prints a line with the name and the number for each.
Exits with 0 only if each operation could be done, apart from those that the filesystem does not support.

  --dir DIR       an empty directory on the filesystem that is measured (default: /mnt)
  --below DIR     what that filesystem shows, for changes that others make (default: as --dir)
  --list          list the operations and end
  --help          show this text
";

/// The command line.
struct Request {
    place: Place,
    names: Vec<String>,
}

fn main() -> ExitCode {
    match parse() {
        Ok(Some(request)) => run(&request),
        Ok(None) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("base0fs-bench: {error}; --help shows the usage.");
            ExitCode::from(2)
        }
    }
}

fn parse() -> Result<Option<Request>, lexopt::Error> {
    let (mut dir, mut below) = (PathBuf::from("/mnt"), None);
    let mut names = Vec::new();
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("dir") => dir = arguments.value()?.into(),
            Long("below") => below = Some(PathBuf::from(arguments.value()?)),
            Long("list") => {
                operations().for_each(|operation| println!("{}", operation.name));
                return Ok(None);
            }
            Short('h') | Long("help") => {
                print!("{HELP}");
                return Ok(None);
            }
            Value(name) => {
                let name = name.string()?;
                if !operations().any(|operation| operation.name == name) {
                    return Err(format!("there is no operation '{name}'").into());
                }
                names.push(name);
            }
            other => return Err(other.unexpected()),
        }
    }
    let place = Place {
        below: below.unwrap_or_else(|| dir.clone()),
        dir,
    };
    Ok(Some(Request { place, names }))
}

fn run(request: &Request) -> ExitCode {
    let is_chosen = |operation: &&Operation| {
        request.names.is_empty() || request.names.iter().any(|name| name == operation.name)
    };
    let mut code = ExitCode::SUCCESS;
    for operation in operations().filter(is_chosen) {
        match operation.measure(&request.place) {
            Ok(cost) => println!("{}\t{cost}", operation.name),
            // The table has no number for it.
            Err(error) if Errno::from_io_error(&error) == Some(Errno::OPNOTSUPP) => {
                eprintln!("base0fs-bench: {} is not supported here.", operation.name);
            }
            Err(error) => {
                eprintln!("base0fs-bench: {} failed: {error}.", operation.name);
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}
