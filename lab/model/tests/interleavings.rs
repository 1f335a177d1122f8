// SPDX-License-Identifier: GPL-2.0

//! The properties hold in all interleavings.

use base0fs_model::{
    explore::Scenario,
    mutant::Mutant,
    scenarios::{from_above, from_below, from_both, with_lookups},
};

fn explore(scenarios: Vec<Scenario>) {
    for scenario in scenarios {
        let start = std::time::Instant::now();
        match scenario.explore(Mutant::None) {
            Ok(states) => println!(
                "{}: {states} states, {} ms",
                scenario.name,
                start.elapsed().as_millis()
            ),
            Err(violation) => panic!("{}: {violation}", scenario.name),
        }
    }
}

#[test]
fn changes_from_above() {
    explore(from_above());
}

#[test]
fn changes_from_below() {
    explore(from_below());
}

#[test]
fn changes_from_both() {
    explore(from_both());
}

#[test]
fn lookups_that_move() {
    explore(with_lookups());
}
