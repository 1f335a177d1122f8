// SPDX-License-Identifier: GPL-2.0

//! One race: rounds of something that must come out right each time.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::place::Place;
use crate::random::Random;

/// How long a race goes on.
#[derive(Clone, Debug)]
pub struct Limits {
    pub rounds: Option<usize>,
    pub time: Duration,
    pub seed: u64,
}

/// A race by its name.
#[derive(Debug)]
pub struct Race {
    pub name: &'static str,
    pub about: &'static str,
    /// How many rounds there are if the command line does not say.
    pub rounds: usize,
    /// It wants more than the two directories, and runs when it is named only.
    pub special: bool,
    pub run: fn(&mut Rounds<'_>),
}

/// The rounds of a race that runs.
#[derive(Debug)]
pub struct Rounds<'a> {
    pub place: &'a Place,
    pub random: Random,
    rounds: usize,
    end: Instant,
    done: usize,
    wrong: usize,
    findings: BTreeMap<String, usize>,
}

/// How many findings of different kinds are told in full.
const TOLD: usize = 12;

impl Rounds<'_> {
    /// Whether there is time for one more round; counts it.
    pub fn next(&mut self) -> bool {
        if self.done >= self.rounds || Instant::now() >= self.end {
            return false;
        }
        self.done += 1;
        true
    }

    /// How many rounds were begun.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Takes a note of what is wrong in this round, if something is.
    pub fn note(&mut self, wrong: Option<String>) {
        if let Some(wrong) = wrong {
            self.wrong += 1;
            *self.findings.entry(wrong).or_insert(0) += 1;
        }
    }

    /// Notes `wrong()` unless `right`.
    pub fn expect(&mut self, right: bool, wrong: impl FnOnce() -> String) {
        self.note((!right).then(wrong));
    }

    /// Whether something was wrong already.
    pub fn failed(&self) -> bool {
        self.wrong > 0
    }
}

impl Race {
    /// Runs the race, and prints its result.
    pub fn report(&self, place: &Place, limits: &Limits) -> ExitCode {
        let begin = Instant::now();
        let mut rounds = Rounds {
            place,
            random: Random::new(limits.seed),
            rounds: limits.rounds.unwrap_or(self.rounds),
            end: begin + limits.time,
            done: 0,
            wrong: 0,
            findings: BTreeMap::new(),
        };
        (self.run)(&mut rounds);
        let mut findings: Vec<_> = rounds.findings.iter().collect();
        findings.sort_by_key(|(_, times)| std::cmp::Reverse(**times));
        for (finding, times) in findings.iter().take(TOLD) {
            println!("# {times} times: {}", finding.replace('\n', "\n# "));
        }
        if let Some(rest) = findings.len().checked_sub(TOLD + 1) {
            println!("# and {} findings of other kinds", rest + 1);
        }
        let (name, done, seconds) = (self.name, rounds.done, begin.elapsed().as_secs());
        match (done, rounds.wrong) {
            (0, _) => println!("not ok - {name}: no round was run"),
            (_, 0) => println!("ok - {name}: {done} rounds in {seconds} s"),
            (_, wrong) => println!("not ok - {name}: {wrong} findings in {done} rounds"),
        }
        match done > 0 && rounds.wrong == 0 {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        }
    }
}
