// SPDX-License-Identifier: GPL-2.0

//! Pairs of operations, chosen at random, each with an outcome that an order of the two gives.

use rustix::fs::{statat, AtFlags, CWD};

use crate::meeting;
use crate::operation::{self, Operation, ALL, PLACES};
use crate::pair::{self, Pair};
use crate::place::Side;
use crate::race::{Race, Rounds};
use crate::serial::Serial;

/// What lost files: two operations that take the same name away.
pub const REMOVALS: Race = Race {
    name: "removals",
    about: "names removed or moved above and below at once",
    rounds: 3000,
    special: false,
    run: |rounds| run(rounds, operation::REMOVALS, &[Side::Below]),
};

/// Any two operations.
pub const PAIRS: Race = Race {
    name: "pairs",
    about: "any two operations at once, one above and the other below or above",
    rounds: 6000,
    special: false,
    run: |rounds| run(rounds, ALL, &[Side::Below, Side::Below, Side::Above]),
};

/// The same, while a third task looks at all names.
pub const WATCHED: Race = Race {
    name: "watched-pairs",
    about: "the same, while a third task looks at all names above",
    rounds: 6000,
    special: false,
    run: watched,
};

/// How often a pair is run once it is chosen.
const REPEATED: usize = 12;

fn run(rounds: &mut Rounds<'_>, operations: &[Operation], second: &[Side]) {
    let place = rounds.place.make("pairs");
    let mut serial = Serial::new(&rounds.place.make("serial"));
    loop {
        let pair = Pair {
            operations: [*rounds.random.of(operations), *rounds.random.of(operations)],
            second: *rounds.random.of(second),
        };
        // What a pair may come to takes longer to work out than a round.
        for _ in 0..REPEATED {
            if !rounds.next() {
                return;
            }
            let wrong = pair::run(pair, &place, &mut serial, &mut rounds.random);
            rounds.note(wrong);
        }
    }
}

fn watched(rounds: &mut Rounds<'_>) {
    let tree = rounds.place.above.join("pairs/tree");
    let paths: Vec<_> = PLACES
        .iter()
        .map(|(directory, name)| tree.join(directory).join(name))
        .collect();
    let look = || {
        for path in &paths {
            let _ = statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW);
        }
    };
    meeting::beside(look, 1, || {
        run(rounds, ALL, &[Side::Below, Side::Below, Side::Above]);
    });
}
