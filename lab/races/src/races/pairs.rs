// SPDX-License-Identifier: GPL-2.0

//! Random pairs of operations. Each outcome has to be that of a sequential execution.

use rustix::fs::{statat, AtFlags, CWD};

use crate::layers::Layer;
use crate::operation::{self, Operation, ALL, ENTRIES};
use crate::pair::{self, Pair};
use crate::race::{Race, Rounds};
use crate::serial::SerialOutcomes;
use crate::threads;

/// Pairs that remove or rename the same name. Such pairs have lost files before.
pub const REMOVALS: Race = Race {
    name: "removals",
    description: "two operations that remove or rename the same names, above and below",
    rounds: 3000,
    explicit: false,
    body: |rounds| run(rounds, operation::REMOVALS, &[Layer::Below]),
};

/// Any two operations.
pub const PAIRS: Race = Race {
    name: "pairs",
    description: "any two operations, one above, the other below or above",
    rounds: 6000,
    explicit: false,
    body: |rounds| run(rounds, ALL, &[Layer::Below, Layer::Below, Layer::Above]),
};

/// The same while a third task looks up all names.
pub const WATCHED: Race = Race {
    name: "watched-pairs",
    description: "the same, while a third task looks up all names above",
    rounds: 6000,
    explicit: false,
    body: run_watched,
};

/// How often each chosen pair runs.
const REPETITIONS: usize = 12;

fn run(rounds: &mut Rounds<'_>, operations: &[Operation], second: &[Layer]) {
    let layers = rounds.layers.make("pairs");
    let mut serial = SerialOutcomes::new(&rounds.layers.make("serial"));
    loop {
        let pair = Pair {
            operations: [
                *rounds.random.choose(operations),
                *rounds.random.choose(operations),
            ],
            second: *rounds.random.choose(second),
        };
        // Determining the permitted outcomes takes longer than a round.
        for _ in 0..REPETITIONS {
            if !rounds.next() {
                return;
            }
            let failure = pair::run(pair, &layers, &mut serial, &mut rounds.random);
            rounds.record(failure);
        }
    }
}

fn run_watched(rounds: &mut Rounds<'_>) {
    let tree = rounds.layers.above.join("pairs/tree");
    let paths: Vec<_> = ENTRIES
        .iter()
        .map(|(directory, name)| tree.join(directory).join(name))
        .collect();
    let look_up = || {
        for path in &paths {
            let _ = statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW);
        }
    };
    threads::with_background(look_up, 1, || {
        run(rounds, ALL, &[Layer::Below, Layer::Below, Layer::Above]);
    });
}
