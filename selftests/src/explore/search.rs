// SPDX-License-Identifier: GPL-2.0

//! Draws scripts and runs them, until one finds a difference, which is then shrunk.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use super::draw;
use super::engine::{Difference, Engine, Stop};
use super::script::Step;
use crate::interrupt;

/// How many steps a script has at most, besides its beginning.
const LENGTH: usize = 120;

/// How many scripts are tried to make a finding shorter.
const SHRINKING: u32 = 2_000;

/// When a search ends.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// After so many steps.
    pub steps: Option<usize>,
    /// After this time.
    pub time: Option<Duration>,
}

/// A script that gives different results.
#[derive(Debug)]
pub struct Finding {
    /// The number of the script that was drawn, from 0.
    pub number: u64,
    /// The shrunk script.
    pub steps: Vec<Step>,
    /// What differs there.
    pub difference: Difference,
}

/// A search, script by script.
#[derive(Debug)]
pub struct Search {
    seed: u64,
    number: u64,
    begun: Instant,
}

impl Search {
    /// A search. The seed determines the scripts.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            number: 0,
            begun: Instant::now(),
        }
    }

    /// Runs scripts until one finds something or a limit is reached.
    pub fn next(&mut self, engine: &mut Engine, limits: Limits) -> Result<Option<Finding>, String> {
        let strategy = draw::scripts(LENGTH);
        while !interrupt::requested()
            && limits
                .steps
                .is_none_or(|steps| engine.coverage.steps < steps)
            && limits.time.is_none_or(|time| self.begun.elapsed() < time)
        {
            let number = self.number;
            self.number += 1;
            if let Some(finding) = run_one(engine, &strategy, self.seed, number)? {
                return Ok(Some(finding));
            }
        }
        Ok(None)
    }
}

/// Draws and runs the script with this number.
fn run_one(
    engine: &mut Engine,
    strategy: &impl Strategy<Value = Vec<Step>>,
    seed: u64,
    number: u64,
) -> Result<Option<Finding>, String> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&number.to_le_bytes());
    let config = Config {
        max_shrink_iters: SHRINKING,
        failure_persistence: None,
        ..Config::default()
    };
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, random);
    let script = strategy
        .new_tree(&mut runner)
        .map_err(|reason| format!("no script can be drawn: {reason}."))?;
    let state = RefCell::new((engine, Vec::<Step>::new(), None));
    let outcome = runner.run_one(script, |steps| {
        let (engine, shortest, difference) = &mut *state.borrow_mut();
        // Shrinking first removes steps one by one. Those after the one that differs are not run,
        // so without them the result is the same.
        if !shortest.is_empty() && steps.starts_with(shortest) {
            return Err(TestCaseError::fail("as before"));
        }
        if interrupt::requested() {
            return Ok(());
        }
        match engine.run(&steps) {
            Ok(()) => Ok(()),
            Err(Stop::Broken(complaint)) => Err(TestCaseError::Reject(complaint.into())),
            Err(Stop::Differs(found)) => {
                *shortest = steps[..found.steps].to_vec();
                *difference = Some(found);
                Err(TestCaseError::fail("the sides differ"))
            }
        }
    });
    let (_, steps, difference) = state.into_inner();
    match (outcome, difference) {
        (Ok(_), _) => Ok(None),
        (Err(TestError::Fail(..)), Some(difference)) => Ok(Some(Finding {
            number,
            steps,
            difference,
        })),
        (Err(error), _) => Err(format!("a script cannot be run: {error}.")),
    }
}
