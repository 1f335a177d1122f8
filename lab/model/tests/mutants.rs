// SPDX-License-Identifier: GPL-2.0

//! Whatever is wrong with the protocol, some interleaving tells.

use base0fs_model::{
    mutant::{self, Mutant},
    scenarios,
};

#[test]
fn all_are_found() {
    let scenarios = scenarios::all();
    let mut unseen = Vec::new();
    for &mutant in mutant::ALL {
        let found = scenarios
            .iter()
            .find_map(|scenario| Some((scenario.name, scenario.explore(mutant).err()?)));
        match found {
            Some((name, broken)) => println!("{mutant:?}: {name}: {broken}"),
            None => unseen.push(mutant),
        }
    }
    assert!(
        unseen.is_empty(),
        "no scenario tells that these are wrong: {unseen:?}"
    );
}

/// Operations from above alone are enough to lose mounts, if walks and operations do not lock as they
/// should.
#[test]
fn locks_are_needed_from_above() {
    let scenarios = scenarios::from_above();
    for mutant in [Mutant::NoLock, Mutant::UnlocksEarly, Mutant::ParentFirst] {
        let lost = scenarios
            .iter()
            .filter_map(|scenario| scenario.explore(mutant).err())
            .any(|broken| broken.to_string().contains("was never out of sync"));
        assert!(lost, "{mutant:?}: no scenario tells");
    }
}
