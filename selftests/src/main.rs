// SPDX-License-Identifier: GPL-2.0

//! The program `base0fs-selftest`: tests whether the driver that was just built works on this
//! machine.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use base0fs_selftest::cases::CASES;
use base0fs_selftest::command_line::{self, Request};
use base0fs_selftest::explore::{self, performer};
use base0fs_selftest::race::{self, racer};
use base0fs_selftest::report::Verdict;
use base0fs_selftest::{child, janitor, run};

/// The exit status if the cases could not run.
const COULD_NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    let request = match command_line::parse() {
        Ok(request) => request,
        Err(error) => return refuse(&format!("{error}. Try --help.")),
    };
    let done = match request {
        Request::Print(text) => print(text),
        Request::List => CASES
            .iter()
            .try_for_each(|case| print(&format!("{:<18}{}\n", case.name, case.about))),
        Request::Pause => pause(),
        Request::Child(words) => {
            child::run(&words).and_then(|results| print(&format!("{results}\n")))
        }
        Request::Janitor => janitor::run(),
        Request::Actor(words) => performer::run(&words),
        Request::Explore(options) => match explore::run(&options) {
            Ok(verdict) => return status(verdict),
            Err(complaint) => Err(complaint),
        },
        Request::Racer(words) => racer::run(&words),
        Request::Race(options) => match race::run(&options) {
            Ok(verdict) => return status(verdict),
            Err(complaint) => Err(complaint),
        },
        Request::Run(options) => match run::run(&options) {
            Ok(verdict) => return status(verdict),
            Err(complaint) => Err(complaint),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(complaint) => refuse(&complaint),
    }
}

/// The exit status of a run. A shell reports a program that a signal ended in the same way.
fn status(verdict: Verdict) -> ExitCode {
    match verdict {
        Verdict::Passed => ExitCode::SUCCESS,
        Verdict::Failed => ExitCode::from(1),
        Verdict::Interrupted { signal } => ExitCode::from(128 + u8::try_from(signal).unwrap_or(0)),
    }
}

fn refuse(complaint: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "base0fs-selftest: {complaint}");
    ExitCode::from(COULD_NOT_RUN)
}

/// Prints. A closed pipe is not a failure: the reader may be `head`.
fn print(text: &str) -> Result<(), String> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write: {error}."))
        }
        _ => Ok(()),
    }
}

fn pause() -> Result<(), String> {
    print(&format!("{}\n", rustix::process::geteuid()))?;
    io::stdin()
        .read_to_end(&mut Vec::new())
        .map(drop)
        .map_err(|error| format!("cannot read: {error}."))
}
