// SPDX-License-Identifier: GPL-2.0

//! Two operations at the same moment, and whether what came of it is what an order of them gives.

use std::time::Duration;

use crate::meeting;
use crate::operation::Operation;
use crate::place::{Place, Side};
use crate::random::Random;
use crate::serial::{Outcome, Serial, MODES};
use crate::set_up::SetUp;
use crate::tree;

/// How much later than the other one an operation may begin. Under emulation one takes about so long.
const LATE: Duration = Duration::from_micros(150);

/// Two operations, the first of them above.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    pub operations: [Operation; 2],
    pub second: Side,
}

/// Runs the pair once, over a tree with a random history. Says what is wrong, if something is.
pub fn run(pair: Pair, place: &Place, serial: &mut Serial, random: &mut Random) -> Option<String> {
    let [first, second] = pair.operations;
    let set_up = match SetUp::random(place, random) {
        Ok(set_up) => set_up,
        Err(wrong) => return Some(format!("setting up the tree: {wrong}")),
    };
    let (one, other) = (set_up.on(Side::Above), set_up.on(pair.second));
    let identities = &set_up.identities;
    let (there, here) = meeting::meet(
        random,
        LATE,
        || first.run(one, MODES[0], identities),
        || second.run(other, MODES[1], identities),
    );
    let outcome = Outcome::new([there, here], tree::list(&set_up.below, identities));
    let wrong = judge(&outcome, &set_up, serial, pair.operations);
    let history = match set_up.history.is_empty() {
        true => String::new(),
        false => format!(" after {}", set_up.history),
    };
    set_up.clear();
    wrong.map(|wrong| {
        format!(
            "`{first}` above with `{second}` {}: {wrong}\n  {history}",
            pair.second.name()
        )
    })
}

fn judge(
    outcome: &Outcome,
    set_up: &SetUp,
    serial: &mut Serial,
    pair: [Operation; 2],
) -> Option<String> {
    let expected = serial.outcomes(pair);
    if !expected.contains(outcome) {
        let expected = expected.iter().map(|outcome| format!("\n    or {outcome}"));
        return Some(format!(
            "{}, {}\n  gave   {outcome}{}",
            outcome.answers[0],
            outcome.answers[1],
            expected.collect::<String>()
        ));
    }
    // The names first: listing a directory looks each of them up, which may mend what the mount remembers.
    for (what, view) in [
        ("names", tree::ask as fn(_, _) -> _),
        ("entries", |root, identities| tree::list(root, identities)),
    ] {
        let above = view(&set_up.above, &set_up.identities);
        let below = view(&set_up.below, &set_up.identities);
        if above != below {
            return Some(format!("{what} differ\n  above  {above}\n  below  {below}"));
        }
    }
    None
}
