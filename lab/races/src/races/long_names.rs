// SPDX-License-Identifier: GPL-2.0

//! Walks that count nothing look at a long name while it comes and goes.

use std::fs;

use crate::meeting;
use crate::race::{Race, Rounds};

pub const RACE: Race = Race {
    name: "long-names",
    about: "a name too long for its dentry is looked at while it is made and removed (mount twice, preempt=full)",
    rounds: usize::MAX,
    special: true,
    run,
};

fn run(rounds: &mut Rounds<'_>) {
    let place = rounds.place.make("long-names");
    let name = "n".repeat(73);
    let above = place.above.join(&name);
    let below = place.below.join(&name);
    let look = || {
        let _ = fs::symlink_metadata(&above);
    };
    meeting::beside(look, 2, || {
        while rounds.next() {
            let changed = match rounds.done() % 4 {
                0 => fs::write(&below, "").and_then(|()| fs::remove_file(&above)),
                _ => fs::write(&above, "").and_then(|()| fs::remove_file(&above)),
            };
            rounds.note(changed.err().map(|error| error.to_string()));
            let _ = fs::remove_file(&below);
        }
    });
}
