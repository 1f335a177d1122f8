// SPDX-License-Identifier: GPL-2.0

//! No promise is broken in any interleaving.

use base0fs_model::{
    explore::Scenario,
    mutant::Mutant,
    scenarios::{from_above, from_below, from_both, with_lookups},
};

fn hold(scenarios: Vec<Scenario>) {
    for scenario in scenarios {
        let start = std::time::Instant::now();
        match scenario.explore(Mutant::None) {
            Ok(states) => println!(
                "{}: {states} states, {} ms",
                scenario.name,
                start.elapsed().as_millis()
            ),
            Err(broken) => panic!("{}: {broken}", scenario.name),
        }
    }
}

#[test]
fn changes_from_above() {
    hold(from_above());
}

#[test]
fn changes_from_below() {
    hold(from_below());
}

#[test]
fn changes_from_both() {
    hold(from_both());
}

#[test]
fn lookups_that_move() {
    hold(with_lookups());
}
