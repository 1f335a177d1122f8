// SPDX-License-Identifier: GPL-2.0

//! Path walks in RCU mode look up a long name while it is made and removed.

use std::fs;

use crate::race::{Race, Rounds};
use crate::threads;

pub const RACE: Race = Race {
    name: "long-names",
    description: "a name too long for the dentry itself is looked up while it is made and removed (on two stacked mounts, with preempt=full)",
    rounds: usize::MAX,
    explicit: true,
    body: run,
};

fn run(rounds: &mut Rounds<'_>) {
    let layers = rounds.layers.make("long-names");
    let name = "n".repeat(73);
    let above = layers.above.join(&name);
    let below = layers.below.join(&name);
    let look_up = || {
        let _ = fs::symlink_metadata(&above);
    };
    threads::with_background(look_up, 2, || {
        while rounds.next() {
            let changed = match rounds.done() % 4 {
                0 => fs::write(&below, "").and_then(|()| fs::remove_file(&above)),
                _ => fs::write(&above, "").and_then(|()| fs::remove_file(&above)),
            };
            rounds.record(changed.err().map(|error| error.to_string()));
            let _ = fs::remove_file(&below);
        }
    });
}
