// SPDX-License-Identifier: GPL-2.0

//! Draws scripts.

use proptest::prelude::*;
use proptest::sample::{select, Select};
use proptest::strategy::Union;

use super::actors::{Actor, ACTORS};
use super::kinds;
use super::operation::{Kind, Operation, Scope};
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
root chmod /f 0666
root chmod /e 0777
root mkdir /e/d 0700
root symlink l /e/l
root open 3 /f RDONLY - 0000
root utimens /f 2001 2012 -
";

/// What an actor can have at the beginning, if it may. Without these, most of its steps would find
/// nothing open. It has most of the first ones and some of the others.
pub const POSSESSIONS: &[&str] = &[
    "open 0 /f RDWR - 0000",
    "open 1 /d/f RDWR - 0000",
    "open 2 /d DIRECTORY - 0000",
    "open 3 /e/f RDONLY - 0000",
    "handle /d/f 128 -",
    "mmap 0 0 READ|WRITE SHARED 20000 0",
    "mmap 1 1 READ SHARED 4096 0",
    "watch /d all -",
    "flock 0 shared",
    "lock 1 file read 0 100",
    "chdir /d",
];

/// How many of these an actor nearly always has.
const USUAL: usize = 5;

/// Draws which of the possessions an actor has.
pub fn possessions() -> Vec<impl Strategy<Value = bool>> {
    let has = |at: usize| proptest::bool::weighted(if at < USUAL { 0.92 } else { 0.3 });
    (0..POSSESSIONS.len()).map(has).collect()
}

/// How many actors act often in a script. With more of them, each would have little.
const CAST: usize = 3;

/// Draws scripts of at most `length` steps after their beginning, of which a few steps are missing.
/// In half of them somebody works directly in the lower directory.
pub fn scripts(length: usize) -> impl Strategy<Value = Vec<Step>> {
    prop_oneof![script(length, false), script(length, true)]
}

fn script(length: usize, below: bool) -> impl Strategy<Value = Vec<Step>> {
    let beginning = script::parse(BEGINNING).expect("the beginning is a script");
    let present = vec![proptest::bool::weighted(0.93); beginning.len()];
    let parse = |text: &&str| Operation::parse(text).expect("the possessions are operations");
    let all: Vec<Operation> = POSSESSIONS.iter().map(parse).collect();
    let has: [_; CAST] = std::array::from_fn(|_| possessions());
    let steps = proptest::collection::vec(step(below), 1..=length);
    (cast(below), present, has, steps).prop_map(move |(cast, present, has, steps)| {
        let begin = beginning.iter().zip(present);
        let begin = begin.filter(|(_, present)| *present);
        let mut script: Vec<Step> = begin.map(|(step, _)| step.clone()).collect();
        for (actor, has) in cast.iter().zip(&has) {
            let owned = all.iter().zip(has).filter(|(_, has)| **has);
            let owned = owned.map(|(operation, _)| operation.clone());
            let owned = owned.filter(|operation| is_possible(operation.kind, below));
            script.extend(owned.map(|operation| act(actor, operation)));
        }
        script.extend(steps.into_iter().map(|drawn| match drawn {
            Drawn::Compare => Step::Compare,
            Drawn::Act(Who::Cast(at), operation) => act(cast[at], operation),
            Drawn::Act(Who::Guest(actor), operation) => act(actor, operation),
        }));
        script
    })
}

/// A step before it is known who acts often.
#[derive(Clone, Debug)]
enum Drawn {
    Act(Who, Operation),
    Compare,
}

#[derive(Clone, Copy, Debug)]
enum Who {
    /// One of those that act often.
    Cast(usize),
    /// Anybody.
    Guest(&'static Actor),
}

fn act(actor: &'static Actor, operation: Operation) -> Step {
    Step::Act(Act { actor, operation })
}

fn step(below: bool) -> BoxedStrategy<Drawn> {
    let kinds = kinds::all().filter(|kind| is_possible(kind, below));
    let kinds = kinds.map(|kind| (kind.weight, Operation::strategy(kind)));
    let who = prop_oneof![
        9 => (0..CAST).prop_map(Who::Cast),
        1 => actor(move |actor| below || !actor.below).prop_map(Who::Guest),
    ];
    let act = (who, Union::new_weighted(kinds.collect()));
    let act = act.prop_map(|(who, operation)| Drawn::Act(who, operation));
    prop_oneof![40 => act, 1 => Just(Drawn::Compare)].boxed()
}

/// Whether operations of that kind can be compared in such a script.
fn is_possible(kind: &Kind, below: bool) -> bool {
    !below || kind.scope == Scope::Everywhere
}

/// Those that act often. Where somebody works below, one of them does.
fn cast(below: bool) -> impl Strategy<Value = [&'static Actor; CAST]> {
    [
        actor(|actor| !actor.below),
        actor(move |actor| actor.below == below),
        actor(move |actor| below || !actor.below),
    ]
}

/// An actor of some. The first one is the simplest.
pub fn actor(is_one: impl Fn(&Actor) -> bool) -> Select<&'static Actor> {
    let often = |actor: &'static Actor| std::iter::repeat_n(actor, actor.weight as usize);
    let actors = ACTORS.iter().filter(|actor| is_one(actor));
    select(actors.flat_map(often).collect::<Vec<_>>())
}
