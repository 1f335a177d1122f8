// SPDX-License-Identifier: GPL-2.0

//! Draws scripts.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;

use super::actors::{Actor, ACTORS};
use super::kinds;
use super::operation::{Operation, Scope};
use super::script::{self, Act, Step};

/// What many scripts begin with, so that their steps meet something.
const BEGINNING: &str = "\
root mkdir /d 0777
root mkdir /d/d 0755
root mkdir /e 0777
root open 0 /f RDWR|CREAT - 0666
root pwrite 0 10000 0 1
root open 1 /d/f RDWR|CREAT - 0644
root pwrite 1 5 0 2
alice open 0 /e/f RDWR|CREAT - 0644
root open 2 /d DIRECTORY - 0000
root link /f /d/g -
root symlink d/f /l
root symlink /d /d/l
root chown /d/d alice alice -
root open 3 /f RDONLY - 0000
root utimens /f 2001 2012 -
";

/// Draws scripts of at most `length` steps after their beginning, of which a few steps are missing.
/// In half of them somebody works directly in the lower directory.
pub fn scripts(length: usize) -> impl Strategy<Value = Vec<Step>> {
    let beginning = script::parse(BEGINNING).expect("the beginning is a script");
    let present = vec![proptest::bool::weighted(0.93); beginning.len()];
    let steps = |below| proptest::collection::vec(step(below), 1..=length);
    let drawn = prop_oneof![steps(false), steps(true)];
    (drawn, present).prop_map(move |(drawn, present)| {
        let beginning = beginning.iter().zip(present);
        let beginning = beginning.filter(|(_, present)| *present);
        beginning
            .map(|(step, _)| step.clone())
            .chain(drawn)
            .collect()
    })
}

fn step(below: bool) -> BoxedStrategy<Step> {
    let kinds = kinds::all().filter(|kind| !below || kind.scope == Scope::Everywhere);
    let kinds = kinds.map(|kind| (kind.weight, Operation::strategy(kind)));
    let act = (actor(below), Union::new_weighted(kinds.collect()));
    let act = act.prop_map(|(actor, operation)| Step::Act(Act { actor, operation }));
    prop_oneof![40 => act, 1 => Just(Step::Compare)].boxed()
}

/// An actor. The first one is the simplest.
fn actor(below: bool) -> impl Strategy<Value = &'static Actor> {
    let often = |actor: &'static Actor| std::iter::repeat_n(actor, actor.weight as usize);
    let actors = ACTORS.iter().filter(|actor| below || !actor.below);
    select(actors.flat_map(often).collect::<Vec<_>>())
}
