// SPDX-License-Identifier: GPL-2.0

//! What the races have reached.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};

use super::pair::Pair;
use crate::explore::coverage::{class, SUCCESS};

/// Counts of what was reached.
#[derive(Debug, Default)]
pub struct Tally {
    /// How many rounds were run.
    pub rounds: usize,
    /// After how many of them a task was killed.
    pub killed: usize,
    /// In how many of them what stands was the same in both orders, so that it had to stand.
    pub judged: usize,
    /// How many pairs there are.
    pairs: usize,
    raced: BTreeSet<String>,
    /// The pairs of which both operations have succeeded in a round.
    both: BTreeSet<String>,
    /// How often each operation had which result.
    results: BTreeMap<&'static str, BTreeMap<String, usize>>,
}

impl Tally {
    /// No round of so many pairs.
    pub fn new(pairs: usize) -> Self {
        Self {
            pairs,
            ..Self::default()
        }
    }

    /// Counts a round and its two answers. A task that was killed has none.
    pub fn count(&mut self, pair: Pair, answers: &[Option<String>; 2]) {
        self.rounds += 1;
        self.raced.insert(pair.to_string());
        let mut succeeded = 0;
        for (kind, answer) in [pair.first, pair.second].iter().zip(answers) {
            let Some(answer) = answer else {
                continue;
            };
            let class = class(answer);
            succeeded += usize::from(class == SUCCESS);
            *self
                .results
                .entry(kind.name)
                .or_default()
                .entry(class)
                .or_default() += 1;
        }
        if succeeded == 2 {
            self.both.insert(pair.to_string());
        }
    }
}

impl Display for Tally {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        for (name, results) in &self.results {
            let shown: Vec<String> = results
                .iter()
                .map(|(result, count)| format!("{result} {count}"))
                .collect();
            writeln!(f, "# {name:<14} {}", shown.join(", "))?;
        }
        let never: Vec<&str> = self
            .results
            .iter()
            .filter(|(_, results)| !results.contains_key(SUCCESS))
            .map(|(name, _)| *name)
            .collect();
        if !never.is_empty() {
            writeln!(f, "# never successful: {}", never.join(" "))?;
        }
        writeln!(
            f,
            "# {} rounds, in {} of which a task was killed, and in {} of which all effects had to stand",
            self.rounds, self.killed, self.judged
        )?;
        writeln!(
            f,
            "# {} of {} pairs, {} of them with two successes in one round",
            self.raced.len(),
            self.pairs,
            self.both.len()
        )
    }
}
