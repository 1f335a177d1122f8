// SPDX-License-Identifier: GPL-2.0

//! Whatever is wrong with the protocol, some interleaving tells.

use base0fs_model::{mutant, scenarios};

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
