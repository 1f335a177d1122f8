// SPDX-License-Identifier: GPL-2.0

//! The pairs of operations that race.

use std::collections::hash_map::DefaultHasher;
use std::fmt::{self, Display, Formatter};
use std::hash::{Hash, Hasher};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::explore::kinds;
use crate::explore::operation::{Kind, Scope};

/// Two kinds of operations. The first one is performed above.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// The first one.
    pub first: &'static Kind,
    /// The second one.
    pub second: &'static Kind,
    /// Whether the second one is performed directly in the lower directory.
    pub below: bool,
}

/// What the name of a pair ends with if its second operation is performed below.
const BELOW: &str = ":below";

impl Pair {
    /// All pairs. Those of two operations above have no order.
    pub fn all() -> Vec<Self> {
        let mut pairs = Vec::new();
        for (at, first) in kinds::all().enumerate() {
            for (other, second) in kinds::all().enumerate() {
                let pair = |below| Self {
                    first,
                    second,
                    below,
                };
                if other >= at {
                    pairs.push(pair(false));
                }
                if pair(true).is_possible() {
                    pairs.push(pair(true));
                }
            }
        }
        pairs
    }

    /// All pairs, in the order of the seed.
    pub fn shuffled(seed: u64) -> Vec<Self> {
        let order = Just(Self::all()).prop_shuffle();
        draw(&mut runner(seed, "the order of the pairs"), &order)
    }

    /// Reads what [`Display`] writes.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (names, below) = match text.strip_suffix(BELOW) {
            Some(names) => (names, true),
            None => (text, false),
        };
        let kind = |name: &str| {
            let found = kinds::all().find(|kind| kind.name == name);
            found.ok_or_else(|| format!("there is no operation {name:?}"))
        };
        let (first, second) = names.split_once('+').ok_or_else(|| {
            format!("{text:?} is no pair, such as open+rename or open+rename:below")
        })?;
        let pair = Self {
            first: kind(first)?,
            second: kind(second)?,
            below,
        };
        match pair.is_possible() {
            true => Ok(pair),
            false => Err(format!(
                "{text} cannot be compared: docs/behaviour.md says why"
            )),
        }
    }

    /// What everything about this pair is drawn from.
    pub fn runner(self, seed: u64) -> TestRunner {
        runner(seed, &self.to_string())
    }

    fn is_possible(self) -> bool {
        let everywhere = |kind: &Kind| kind.scope == Scope::Everywhere;
        !self.below || (everywhere(self.first) && everywhere(self.second))
    }
}

/// A source of random numbers for the subject of that name.
fn runner(seed: u64, name: &str) -> TestRunner {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&hasher.finish().to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    TestRunner::new_with_rng(Config::default(), random)
}

/// Draws one value.
pub fn draw<S: Strategy>(runner: &mut TestRunner, strategy: &S) -> S::Value {
    let tree = strategy.new_tree(runner);
    tree.expect("no strategy here refuses a value").current()
}

impl Display for Pair {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let below = if self.below { BELOW } else { "" };
        write!(f, "{}+{}{below}", self.first.name, self.second.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_can_be_named() {
        let names =
            |pairs: Vec<Pair>| -> Vec<String> { pairs.iter().map(Pair::to_string).collect() };
        let all = names(Pair::all());
        for name in &all {
            assert_eq!(Pair::parse(name).unwrap().to_string(), *name);
        }
        let mut shuffled = names(Pair::shuffled(1));
        assert_eq!(shuffled, names(Pair::shuffled(1)));
        assert_ne!(shuffled, names(Pair::shuffled(2)));
        let mut sorted = all;
        sorted.sort();
        shuffled.sort();
        assert_eq!(sorted, shuffled);
        sorted.dedup();
        assert_eq!(sorted, shuffled);
    }

    #[test]
    fn what_is_no_pair_is_refused() {
        for text in ["open", "open+dance", "open+watch:below", "+"] {
            assert!(Pair::parse(text).is_err(), "{text}");
        }
    }
}
