// SPDX-License-Identifier: GPL-2.0

//! A race: rounds that each must succeed.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::layers::Layers;
use crate::random::Random;

/// When a race ends, and the seed of its random numbers.
#[derive(Clone, Debug)]
pub struct Limits {
    pub rounds: Option<usize>,
    pub time: Duration,
    pub seed: u64,
}

/// An entry of the table of races.
#[derive(Debug)]
pub struct Race {
    pub name: &'static str,
    pub description: &'static str,
    /// The number of rounds without `--rounds`.
    pub rounds: usize,
    /// Whether the race runs only if named, because it has requirements beyond the two directories.
    pub explicit: bool,
    pub body: fn(&mut Rounds<'_>),
}

/// The state of a running race.
#[derive(Debug)]
pub struct Rounds<'a> {
    pub layers: &'a Layers,
    pub random: Random,
    rounds: usize,
    end: Instant,
    done: usize,
    failed: usize,
    failures: BTreeMap<String, usize>,
}

/// How many different failures are printed.
const MAX_REPORTED: usize = 12;

impl Rounds<'_> {
    /// Begins a round. Returns false if the limit of rounds or of time is reached.
    pub fn next(&mut self) -> bool {
        if self.done >= self.rounds || Instant::now() >= self.end {
            return false;
        }
        self.done += 1;
        true
    }

    /// The number of rounds begun.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Records a failure, if there is one.
    pub fn record(&mut self, failure: Option<String>) {
        if let Some(failure) = failure {
            self.failed += 1;
            *self.failures.entry(failure).or_insert(0) += 1;
        }
    }

    /// Records `failure()` unless `condition` holds.
    pub fn expect(&mut self, condition: bool, failure: impl FnOnce() -> String) {
        self.record((!condition).then(failure));
    }

    /// Whether a failure was recorded.
    pub fn failed(&self) -> bool {
        self.failed > 0
    }
}

impl Race {
    /// Runs the race and prints its result.
    pub fn run(&self, layers: &Layers, limits: &Limits) -> ExitCode {
        let begin = Instant::now();
        let mut rounds = Rounds {
            layers,
            random: Random::new(limits.seed),
            rounds: limits.rounds.unwrap_or(self.rounds),
            end: begin + limits.time,
            done: 0,
            failed: 0,
            failures: BTreeMap::new(),
        };
        (self.body)(&mut rounds);
        let mut failures: Vec<_> = rounds.failures.iter().collect();
        failures.sort_by_key(|(_, times)| std::cmp::Reverse(**times));
        for (failure, times) in failures.iter().take(MAX_REPORTED) {
            println!("# {times} times: {}", failure.replace('\n', "\n# "));
        }
        if let Some(rest) = failures.len().checked_sub(MAX_REPORTED + 1) {
            println!("# and {} other failures", rest + 1);
        }
        let (name, done, seconds) = (self.name, rounds.done, begin.elapsed().as_secs());
        match (done, rounds.failed) {
            (0, _) => println!("not ok - {name}: no round was run"),
            (_, 0) => println!("ok - {name}: {done} rounds in {seconds} s"),
            (_, failed) => println!("not ok - {name}: {failed} failures in {done} rounds"),
        }
        match done > 0 && rounds.failed == 0 {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        }
    }
}
