// SPDX-License-Identifier: GPL-2.0

//! `base0fs-races` makes changes through a mount and directly below at the same moment, and
//! compares the outcome with that on a single directory.
//!
//! *Above* means through the mount, *below* directly in the directory that it shows. The program
//! does not depend on the type of the mounted filesystem. On a bind mount every race passes.

#![forbid(unsafe_code)]

mod fixture;
mod layers;
mod operation;
mod pair;
mod race;
mod races;
mod random;
mod serial;
mod threads;
mod tree;
mod watchdog;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::{Long, Short, Value, ValueExt};

use layers::Layers;
use race::{Limits, Race};
use races::RACES;

const HELP: &str = "\
Usage: base0fs-races [OPTION]... [RACE]...
Runs races between changes made through a mount and changes made in the directory below it. Prints `ok - …` or
`not ok - …` for each, and exits with 0 only if all are ok. Needs root.

  --above DIR     the mount (default: /mnt)
  --below DIR     the directory that the mount shows (default: /lower)
  --rounds N      end each race after N rounds (default: depends on the race)
  --seconds N     end each race after N seconds (default: 60)
  --seed N        seed of the random numbers (default: 1)
  --list          list the races and end
  --help          show this text
Without RACE, all races run except those that have requirements beyond the two directories.
";

/// The command line.
struct Request {
    layers: Layers,
    limits: Limits,
    names: Vec<String>,
}

fn main() -> ExitCode {
    if let Some(code) = races::set_id::report_user() {
        return code;
    }
    match parse() {
        Ok(Some(request)) => run(&request),
        Ok(None) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("base0fs-races: {error}. Try --help.");
            ExitCode::from(2)
        }
    }
}

fn parse() -> Result<Option<Request>, lexopt::Error> {
    let mut layers = Layers {
        above: "/mnt".into(),
        below: "/lower".into(),
    };
    let mut limits = Limits {
        rounds: None,
        time: Duration::from_secs(60),
        seed: 1,
    };
    let mut names = Vec::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("above") => layers.above = PathBuf::from(parser.value()?),
            Long("below") => layers.below = PathBuf::from(parser.value()?),
            Long("rounds") => limits.rounds = Some(parser.value()?.parse()?),
            Long("seconds") => limits.time = Duration::from_secs(parser.value()?.parse()?),
            Long("seed") => limits.seed = parser.value()?.parse()?,
            Long("list") => {
                for race in RACES {
                    println!("{:<20}{}", race.name, race.description);
                }
                return Ok(None);
            }
            Long("help") | Short('h') => {
                print!("{HELP}");
                return Ok(None);
            }
            Value(name) => names.push(name.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(Request {
        layers,
        limits,
        names,
    }))
}

fn run(request: &Request) -> ExitCode {
    // Each race runs in a child process, which a watchdog observes.
    if let Ok(name) = env::var(watchdog::RACE_VARIABLE) {
        return match find(&name) {
            Some(race) => race.run(&request.layers, &request.limits),
            None => ExitCode::from(2),
        };
    }
    if let Some(unknown) = request.names.iter().find(|name| find(name).is_none()) {
        eprintln!("base0fs-races: there is no race named {unknown}; --list prints the names.");
        return ExitCode::from(2);
    }
    let mut passed = true;
    for race in RACES {
        let chosen = match request.names.is_empty() {
            true => !race.explicit,
            false => request.names.iter().any(|name| name == race.name),
        };
        if chosen {
            passed &= watchdog::run(race, &request.limits);
        }
    }
    match passed {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn find(name: &str) -> Option<&'static Race> {
    RACES.iter().find(|race| race.name == name)
}
