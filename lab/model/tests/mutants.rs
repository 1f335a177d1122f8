// SPDX-License-Identifier: GPL-2.0

//! Every mutant violates a property in some interleaving.

use base0fs_model::{
    mutant::{self, Mutant},
    scenarios,
};

#[test]
fn all_are_found() {
    let scenarios = scenarios::all();
    let mut missed = Vec::new();
    for &mutant in mutant::ALL {
        let found = scenarios
            .iter()
            .find_map(|scenario| Some((scenario.name, scenario.explore(mutant).err()?)));
        match found {
            Some((name, violation)) => println!("{mutant:?}: {name}: {violation}"),
            None => missed.push(mutant),
        }
    }
    assert!(missed.is_empty(), "no scenario finds {missed:?}");
}

/// Without the locks, operations from above alone can make a call return a wrong `false`, which
/// unmounts what is mounted below the name.
#[test]
fn locks_are_needed_from_above() {
    let scenarios = scenarios::from_above();
    for mutant in [
        Mutant::NoLock,
        Mutant::UnlocksEarly,
        Mutant::ParentReadFirst,
    ] {
        let wrong_false = scenarios
            .iter()
            .filter_map(|scenario| scenario.explore(mutant).err())
            .any(|violation| violation.to_string().contains("was never out of sync"));
        assert!(wrong_false, "{mutant:?}: no scenario finds a wrong false");
    }
}
