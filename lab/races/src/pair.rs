// SPDX-License-Identifier: GPL-2.0

//! Running two operations at the same moment, and checking the outcome.

use std::time::Duration;

use crate::fixture::Fixture;
use crate::layers::{Layer, Layers};
use crate::operation::Operation;
use crate::random::Random;
use crate::serial::{Outcome, SerialOutcomes, MODES};
use crate::threads;
use crate::tree;

/// The longest delay between the starts of both. An operation takes about this long under
/// emulation.
const MAX_DELAY: Duration = Duration::from_micros(150);

/// Two operations. The first is made above, the second in the layer `second`.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    pub operations: [Operation; 2],
    pub second: Layer,
}

/// Runs the pair once on a tree with a random history. Returns a description of the failure, if
/// there is one.
pub fn run(
    pair: Pair,
    layers: &Layers,
    serial: &mut SerialOutcomes,
    random: &mut Random,
) -> Option<String> {
    let [first, second] = pair.operations;
    let fixture = match Fixture::with_history(layers, random) {
        Ok(fixture) => fixture,
        Err(failure) => return Some(format!("making the tree: {failure}")),
    };
    let (first_root, second_root) = (fixture.dir(Layer::Above), fixture.dir(pair.second));
    let identities = &fixture.identities;
    let (first_result, second_result) = threads::run_at_once(
        random,
        MAX_DELAY,
        || first.run(first_root, MODES[0], identities),
        || second.run(second_root, MODES[1], identities),
    );
    let outcome = Outcome::new(
        [first_result, second_result],
        tree::list(&fixture.below, identities),
    );
    let failure = check(&outcome, &fixture, serial, pair.operations);
    let history = match fixture.history.is_empty() {
        true => String::new(),
        false => format!(" after {}", fixture.history),
    };
    fixture.remove();
    failure.map(|failure| {
        format!(
            "`{first}` above with `{second}` {}: {failure}\n  {history}",
            pair.second.name()
        )
    })
}

fn check(
    outcome: &Outcome,
    fixture: &Fixture,
    serial: &mut SerialOutcomes,
    pair: [Operation; 2],
) -> Option<String> {
    let expected = serial.of(pair);
    if !expected.contains(outcome) {
        let expected = expected.iter().map(|outcome| format!("\n    or {outcome}"));
        return Some(format!(
            "{}, {}\n  gave   {outcome}{}",
            outcome.results[0],
            outcome.results[1],
            expected.collect::<String>()
        ));
    }
    // Lookups come first: listing a directory looks up each name, which can correct stale dentries
    // of the mount.
    for (what, view) in [
        ("names", tree::look_up_all as fn(_, _) -> _),
        ("entries", |root, identities| tree::list(root, identities)),
    ] {
        let above = view(&fixture.above, &fixture.identities);
        let below = view(&fixture.below, &fixture.identities);
        if above != below {
            return Some(format!("{what} differ\n  above  {above}\n  below  {below}"));
        }
    }
    None
}
