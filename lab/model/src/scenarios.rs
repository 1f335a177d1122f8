// SPDX-License-Identifier: GPL-2.0

//! What happens at once.

use crate::{
    above, below,
    cpu::Cpu,
    dcache,
    explore::{Scenario, Task, Walks},
    lookup, walk,
    world::{Layer, World, NONE, P, Q},
};

/// A file of the scenarios.
const FILE: u8 = 1;
/// Another one.
const OTHER: u8 = 2;
/// A file that is made.
const MADE: u8 = 3;

fn task(name: &'static str, body: impl Fn(&Cpu<'_>) + 'static) -> Task {
    (name, Box::new(body))
}

/// Two names in P, of which the second is free if `other` is [`NONE`], as upper dentries 0 and 1, and
/// the tasks.
fn two_names(name: &'static str, other: u8, tasks: Vec<Task>, walks: Walks) -> Scenario {
    let mut world = World::default();
    world.add((P, 'a'), FILE);
    world.add((P, 'b'), other);
    Scenario {
        name,
        world,
        tasks,
        walks,
    }
}

/// As [`two_names`], the second one in Q.
fn two_directories(name: &'static str, other: u8, tasks: Vec<Task>, walks: Walks) -> Scenario {
    let mut world = World::default();
    world.add((P, 'a'), FILE);
    world.add((Q, 'b'), other);
    Scenario {
        name,
        world,
        tasks,
        walks,
    }
}

/// A directory at P/a, and a free upper dentry for a lookup.
fn directory(name: &'static str, tasks: Vec<Task>, walks: Walks) -> Scenario {
    let mut world = World::default();
    world.add((P, 'a'), FILE);
    let spare = world.add((Q, 's'), NONE);
    world.upper[spare].dentry.now.hashed = false;
    world.upper[spare].dentry.settled.hashed = false;
    Scenario {
        name,
        world,
        tasks,
        walks,
    }
}

/// Changes from above alone.
pub fn from_above() -> Vec<Scenario> {
    let rename = |to, exchange| {
        task("rename above", move |cpu| {
            above::rename(cpu, (P, 'a'), to, exchange, false);
        })
    };
    vec![
        two_directories(
            "rename to another directory, and walks to both",
            NONE,
            vec![rename((Q, 'b'), false)],
            &[&[0], &[1]],
        ),
        two_directories(
            "replace, and walks to both",
            OTHER,
            vec![rename((Q, 'b'), false)],
            &[&[0], &[1]],
        ),
        two_directories(
            "exchange, and walks to both",
            OTHER,
            vec![rename((Q, 'b'), true)],
            &[&[0], &[1]],
        ),
        two_names(
            "there and back, and a walk",
            NONE,
            vec![
                task("rename above", |cpu| {
                    above::rename(cpu, (P, 'a'), (P, 'b'), false, true);
                }),
                task("rename back above", |cpu| {
                    above::rename(cpu, (P, 'b'), (P, 'a'), false, true);
                }),
            ],
            &[&[0]],
        ),
        {
            let mut scenario = two_directories(
                "rename to another directory and on there, and a walk",
                NONE,
                vec![task("rename twice above", |cpu| {
                    above::rename(cpu, (P, 'a'), (Q, 'b'), false, false);
                    above::rename(cpu, (Q, 'b'), (Q, 'c'), false, false);
                })],
                &[&[0]],
            );
            scenario.world.add((Q, 'c'), NONE);
            scenario
        },
        two_names(
            "unlink, and two walks",
            NONE,
            vec![task("unlink above", |cpu| {
                above::unlink(cpu, (P, 'a'), false)
            })],
            &[&[0, 0]],
        ),
        two_names(
            "create, and a walk",
            NONE,
            vec![task("create above", |cpu| {
                above::create(cpu, (P, 'b'), MADE, false, false);
            })],
            &[&[1]],
        ),
        two_names(
            "mkdir, and a walk",
            NONE,
            vec![task("mkdir above", |cpu| {
                above::create(cpu, (P, 'b'), MADE, true, false);
            })],
            &[&[1]],
        ),
        two_names(
            "rename, and two walks",
            NONE,
            vec![rename((P, 'b'), false)],
            &[&[0, 0]],
        ),
    ]
}

/// Changes from below alone.
pub fn from_below() -> Vec<Scenario> {
    let rename = |from, to, exchange| {
        task("rename below", move |cpu| {
            below::rename(cpu, from, to, exchange);
        })
    };
    vec![
        two_names(
            "rename there and back below, and a walk",
            NONE,
            vec![
                rename((P, 'a'), (P, 'b'), false),
                rename((P, 'b'), (P, 'a'), false),
            ],
            &[&[0]],
        ),
        two_directories(
            "replace below, and walks to both",
            OTHER,
            vec![rename((P, 'a'), (Q, 'b'), false)],
            &[&[0], &[1]],
        ),
        two_directories(
            "exchange below, and walks to both",
            OTHER,
            vec![rename((P, 'a'), (Q, 'b'), true)],
            &[&[0], &[1]],
        ),
        two_names(
            "exchange there and back below, and a walk",
            OTHER,
            vec![
                rename((P, 'a'), (P, 'b'), true),
                rename((P, 'a'), (P, 'b'), true),
            ],
            &[&[0]],
        ),
        two_names(
            "unlink and create below, and walks",
            NONE,
            vec![
                task("unlink below", |cpu| below::unlink(cpu, (P, 'a'))),
                task("create below", |cpu| below::create(cpu, (P, 'b'), MADE)),
            ],
            &[&[0], &[1]],
        ),
        two_names(
            "a dentry is forgotten below, and two walks",
            NONE,
            vec![task("forget", |cpu| below::forget(cpu, 0))],
            &[&[0, 0]],
        ),
    ]
}

/// Changes from above and from below.
pub fn from_both() -> Vec<Scenario> {
    vec![
        two_directories(
            "rename above, rename back below, and a walk",
            NONE,
            vec![
                task("rename above", |cpu| {
                    above::rename(cpu, (P, 'a'), (Q, 'b'), false, false);
                }),
                task("rename below", |cpu| {
                    below::rename(cpu, (Q, 'b'), (P, 'a'), false);
                }),
            ],
            &[&[0]],
        ),
        two_directories(
            "replace above, exchange below, and a walk",
            OTHER,
            vec![
                task("replace above", |cpu| {
                    above::rename(cpu, (P, 'a'), (Q, 'b'), false, true);
                }),
                task("exchange below", |cpu| {
                    below::rename(cpu, (P, 'a'), (Q, 'b'), true);
                }),
            ],
            &[&[0]],
        ),
        two_directories(
            "exchange above, exchange below, and walks to both",
            OTHER,
            vec![
                task("exchange above", |cpu| {
                    above::rename(cpu, (P, 'a'), (Q, 'b'), true, false);
                }),
                task("exchange below", |cpu| {
                    below::rename(cpu, (P, 'a'), (Q, 'b'), true);
                }),
            ],
            &[&[0]],
        ),
        two_names(
            "create above, unlink and rename below, and a walk",
            NONE,
            vec![
                task("create above", |cpu| {
                    above::create(cpu, (P, 'b'), MADE, false, true);
                }),
                task("unlink below", |cpu| below::unlink(cpu, (P, 'b'))),
                task("rename below", |cpu| {
                    below::rename(cpu, (P, 'a'), (P, 'b'), false);
                }),
            ],
            &[&[1]],
        ),
        two_names(
            "unlink above, rename below, and a walk",
            NONE,
            vec![
                task("unlink above", |cpu| above::unlink(cpu, (P, 'a'), true)),
                task("rename below", |cpu| {
                    below::rename(cpu, (P, 'a'), (P, 'b'), false);
                }),
            ],
            &[&[0]],
        ),
        two_names(
            "rename above, a dentry is forgotten below, and a walk",
            NONE,
            vec![
                task("rename above", |cpu| {
                    above::rename(cpu, (P, 'a'), (P, 'b'), false, true);
                }),
                task("forget", |cpu| below::forget(cpu, 0)),
            ],
            &[&[0]],
        ),
    ]
}

/// Lookups that move a directory's upper dentry.
pub fn with_lookups() -> Vec<Scenario> {
    let lookup = |place| task("lookup", move |cpu| lookup::directory(cpu, place, 1));
    let there = |from, to| {
        task("rename below", move |cpu| {
            below::rename(cpu, from, to, false);
        })
    };
    vec![
        directory(
            "rename below, lookup, and a walk",
            vec![there((P, 'a'), (P, 'b')), lookup((P, 'b'))],
            &[&[0]],
        ),
        directory(
            "rename there and back below, lookup, and a walk",
            vec![
                task("rename below", |cpu| {
                    below::rename(cpu, (P, 'a'), (Q, 'b'), false);
                    below::rename(cpu, (Q, 'b'), (P, 'a'), false);
                }),
                lookup((Q, 'b')),
            ],
            &[&[0]],
        ),
        directory(
            "rename below, lookup, rename above, and a walk",
            vec![
                there((P, 'a'), (Q, 'b')),
                lookup((Q, 'b')),
                task("rename above", |cpu| {
                    above::rename(cpu, (Q, 'b'), (Q, 's'), false, true);
                }),
            ],
            &[&[0]],
        ),
        {
            let mut scenario = directory(
                "lookup of what no dentry stands for yet, rename below, and a walk",
                vec![
                    there((Q, 'b'), (P, 'b')),
                    lookup((Q, 'b')),
                    task("walk", |cpu| {
                        if let Some((upper, _)) = dcache::find(cpu, Layer::Upper, &[(Q, 'b')])[0] {
                            walk::sync(cpu, upper);
                        }
                    }),
                ],
                &[&[]],
            );
            scenario.world.add_lower((Q, 'b'), OTHER);
            scenario
        },
    ]
}

/// All of these, those with few states first.
pub fn all() -> Vec<Scenario> {
    [from_below(), with_lookups(), from_both(), from_above()]
        .into_iter()
        .flatten()
        .collect()
}
