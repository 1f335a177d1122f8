// SPDX-License-Identifier: GPL-2.0

//! The scenarios: which operations run concurrently.

use crate::{
    above, below, dcache,
    executor::Executor,
    explore::{Scenario, Task, Walks},
    lookup,
    state::{Layer, SharedState, NONE, P, Q},
    walk,
};

/// A file that exists at the start.
const FILE: u8 = 1;
/// Another file that exists at the start.
const OTHER: u8 = 2;
/// A file that a task creates.
const MADE: u8 = 3;

fn task(name: &'static str, body: impl Fn(&Executor<'_>) + 'static) -> Task {
    (name, Box::new(body))
}

/// A scenario with two names in P, whose upper dentries are 0 and 1. The second name is free if
/// `other` is [`NONE`].
fn two_names(name: &'static str, other: u8, tasks: Vec<Task>, walks: Walks) -> Scenario {
    let mut state = SharedState::default();
    state.add((P, 'a'), FILE);
    state.add((P, 'b'), other);
    Scenario {
        name,
        state,
        tasks,
        walks,
    }
}

/// As [`two_names`], with the second name in Q.
fn two_directories(name: &'static str, other: u8, tasks: Vec<Task>, walks: Walks) -> Scenario {
    let mut state = SharedState::default();
    state.add((P, 'a'), FILE);
    state.add((Q, 'b'), other);
    Scenario {
        name,
        state,
        tasks,
        walks,
    }
}

/// A scenario with a directory at P/a, and an unused upper dentry for a lookup.
fn directory(name: &'static str, tasks: Vec<Task>, walks: Walks) -> Scenario {
    let mut state = SharedState::default();
    state.add((P, 'a'), FILE);
    let spare = state.add((Q, 's'), NONE);
    state.upper[spare].dentry.now.hashed = false;
    state.upper[spare].dentry.stable.hashed = false;
    Scenario {
        name,
        state,
        tasks,
        walks,
    }
}

/// Operations from above alone.
pub fn from_above() -> Vec<Scenario> {
    let rename = |to, exchange| {
        task("rename above", move |exec| {
            above::rename(exec, (P, 'a'), to, exchange, false);
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
                task("rename above", |exec| {
                    above::rename(exec, (P, 'a'), (P, 'b'), false, true);
                }),
                task("rename back above", |exec| {
                    above::rename(exec, (P, 'b'), (P, 'a'), false, true);
                }),
            ],
            &[&[0]],
        ),
        {
            let mut scenario = two_directories(
                "rename to another directory and on there, and a walk",
                NONE,
                vec![task("rename twice above", |exec| {
                    above::rename(exec, (P, 'a'), (Q, 'b'), false, false);
                    above::rename(exec, (Q, 'b'), (Q, 'c'), false, false);
                })],
                &[&[0]],
            );
            scenario.state.add((Q, 'c'), NONE);
            scenario
        },
        two_names(
            "unlink, and two walks",
            NONE,
            vec![task("unlink above", |exec| {
                above::unlink(exec, (P, 'a'), false)
            })],
            &[&[0, 0]],
        ),
        two_names(
            "create, and a walk",
            NONE,
            vec![task("create above", |exec| {
                above::create(exec, (P, 'b'), MADE, false, false);
            })],
            &[&[1]],
        ),
        two_names(
            "mkdir, and a walk",
            NONE,
            vec![task("mkdir above", |exec| {
                above::create(exec, (P, 'b'), MADE, true, false);
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

/// Operations from below alone.
pub fn from_below() -> Vec<Scenario> {
    let rename = |from, to, exchange| {
        task("rename below", move |exec| {
            below::rename(exec, from, to, exchange);
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
                task("unlink below", |exec| below::unlink(exec, (P, 'a'))),
                task("create below", |exec| below::create(exec, (P, 'b'), MADE)),
            ],
            &[&[0], &[1]],
        ),
        two_names(
            "a dentry is dropped below, and two walks",
            NONE,
            vec![task("drop a dentry below", |exec| {
                below::drop_dentry(exec, 0)
            })],
            &[&[0, 0]],
        ),
    ]
}

/// Operations from above and from below.
pub fn from_both() -> Vec<Scenario> {
    vec![
        two_directories(
            "rename above, rename back below, and a walk",
            NONE,
            vec![
                task("rename above", |exec| {
                    above::rename(exec, (P, 'a'), (Q, 'b'), false, false);
                }),
                task("rename below", |exec| {
                    below::rename(exec, (Q, 'b'), (P, 'a'), false);
                }),
            ],
            &[&[0]],
        ),
        two_directories(
            "replace above, exchange below, and a walk",
            OTHER,
            vec![
                task("replace above", |exec| {
                    above::rename(exec, (P, 'a'), (Q, 'b'), false, true);
                }),
                task("exchange below", |exec| {
                    below::rename(exec, (P, 'a'), (Q, 'b'), true);
                }),
            ],
            &[&[0]],
        ),
        two_directories(
            "exchange above, exchange below, and walks to both",
            OTHER,
            vec![
                task("exchange above", |exec| {
                    above::rename(exec, (P, 'a'), (Q, 'b'), true, false);
                }),
                task("exchange below", |exec| {
                    below::rename(exec, (P, 'a'), (Q, 'b'), true);
                }),
            ],
            &[&[0]],
        ),
        two_names(
            "create above, unlink and rename below, and a walk",
            NONE,
            vec![
                task("create above", |exec| {
                    above::create(exec, (P, 'b'), MADE, false, true);
                }),
                task("unlink below", |exec| below::unlink(exec, (P, 'b'))),
                task("rename below", |exec| {
                    below::rename(exec, (P, 'a'), (P, 'b'), false);
                }),
            ],
            &[&[1]],
        ),
        two_names(
            "unlink above, rename below, and a walk",
            NONE,
            vec![
                task("unlink above", |exec| above::unlink(exec, (P, 'a'), true)),
                task("rename below", |exec| {
                    below::rename(exec, (P, 'a'), (P, 'b'), false);
                }),
            ],
            &[&[0]],
        ),
        two_names(
            "rename above, a dentry is dropped below, and a walk",
            NONE,
            vec![
                task("rename above", |exec| {
                    above::rename(exec, (P, 'a'), (P, 'b'), false, true);
                }),
                task("drop a dentry below", |exec| below::drop_dentry(exec, 0)),
            ],
            &[&[0]],
        ),
    ]
}

/// Lookups that move a directory's upper dentry.
pub fn with_lookups() -> Vec<Scenario> {
    let lookup = |path| task("lookup", move |exec| lookup::directory(exec, path, 1));
    let there = |from, to| {
        task("rename below", move |exec| {
            below::rename(exec, from, to, false);
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
                task("rename below", |exec| {
                    below::rename(exec, (P, 'a'), (Q, 'b'), false);
                    below::rename(exec, (Q, 'b'), (P, 'a'), false);
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
                task("rename above", |exec| {
                    above::rename(exec, (Q, 'b'), (Q, 's'), false, true);
                }),
            ],
            &[&[0]],
        ),
        {
            let mut scenario = directory(
                "lookup of a directory without upper dentry, rename below, and a walk",
                vec![
                    there((Q, 'b'), (P, 'b')),
                    lookup((Q, 'b')),
                    task("walk", |exec| {
                        if let Some((upper, _)) = dcache::find(exec, Layer::Upper, &[(Q, 'b')])[0] {
                            walk::is_in_sync(exec, upper);
                        }
                    }),
                ],
                &[&[]],
            );
            scenario.state.add_lower((Q, 'b'), OTHER);
            scenario
        },
    ]
}

/// All scenarios; those with few states first.
pub fn all() -> Vec<Scenario> {
    [from_below(), with_lookups(), from_both(), from_above()]
        .into_iter()
        .flatten()
        .collect()
}
