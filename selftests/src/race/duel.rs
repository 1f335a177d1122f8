// SPDX-License-Identifier: GPL-2.0

//! What two tasks do to the tree, and what they have open before.

use std::fmt::{self, Display, Formatter};

use proptest::prelude::*;

use super::meeting::Delay;
use super::pair::Pair;
use crate::explore::actors::Actor;
use crate::explore::draw::{self, possessions, POSSESSIONS};
use crate::explore::operation::Operation;
use crate::explore::script::{Act, Step};

/// The steps that make the tree: a few files and directories, with second names.
pub const TREE: &[&str] = &[
    "mkdir /d 0777",
    "chmod /d 0777",
    "mkdir /d/d 0755",
    "chmod /d/d 0777",
    "mkdir /e 0777",
    "chmod /e 0777",
    "mkdir /e/d 0755",
    "open 0 /f RDWR|CREAT - 0666",
    "pwrite 0 10000 0 1",
    "chmod /f 0666",
    "open 1 /d/f RDWR|CREAT - 0644",
    "pwrite 1 5 0 2",
    "open 2 /e/f RDWR|CREAT - 0666",
    "pwrite 2 4096 0 3",
    "script 2",
    "chmod /e/f 4755",
    "link /f /d/g -",
    "symlink d/f /l",
    "setxattr /f user.one 4 - follow",
    "setxattr /d/f user.two 20 - follow",
    "chown /d/f alice alice -",
    "utimens /f 2001 2012 -",
];

/// Steps that leave the lower tree as it was, and change what the mount has in its caches. Each step
/// says whether it is performed below.
pub const HISTORIES: &[&[(bool, &str)]] = &[
    &[(false, "rename /f /g -"), (true, "rename /g /f -")],
    &[(true, "rename /d/f /e/g -"), (false, "rename /e/g /d/f -")],
    &[(false, "rename /d /g -"), (true, "rename /g /d -")],
    &[(false, "mknod /g file 0644"), (true, "unlink /g")],
    &[
        (false, "mknod /d/l file 0644"),
        (false, "rename /d/l /g -"),
        (true, "unlink /g"),
    ],
    &[(false, "mkdir /g 0755"), (true, "rmdir /g")],
    &[(true, "chmod /e/f 0755"), (false, "chmod /e/f 4755")],
];

/// Two operations, their actors, and what these have before.
#[derive(Clone, Debug)]
pub struct Duel {
    /// Who does what.
    pub acts: [Act; 2],
    /// What both tasks have, a bit for each of [`POSSESSIONS`].
    pub possessions: u32,
}

/// How a round of a duel goes.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// When each of the two tasks begins.
    pub delays: [Delay; 2],
    /// Whether both are confined to one processor.
    pub together: bool,
    /// Whether a third task looks up all names meanwhile.
    pub watched: bool,
    /// Whether the tree is made below the mount, which then has not seen it yet.
    pub made_below: bool,
    /// Which of [`HISTORIES`] come before.
    pub history: [Option<usize>; 2],
    /// Which task is killed, and how long after the start of the round.
    pub killed: Option<(usize, Delay)>,
}

impl Duel {
    /// Draws duels of a pair.
    pub fn strategy(pair: Pair) -> BoxedStrategy<Self> {
        let acts = [(pair.first, false), (pair.second, pair.below)].map(|(kind, below)| {
            (actor(below), Operation::strategy(kind))
                .prop_map(|(actor, operation)| Act { actor, operation })
        });
        (acts, possessions())
            .prop_map(|(acts, possessions)| Self {
                acts,
                possessions: (possessions.iter().rev())
                    .fold(0, |bits, has| (bits << 1) | u32::from(*has)),
            })
            .boxed()
    }
}

impl Display for Duel {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let [first, second] = self.acts.clone().map(Step::Act);
        let had = (POSSESSIONS.iter().enumerate())
            .filter(|(at, _)| self.possessions & (1 << at) != 0)
            .map(|(_, possession)| *possession);
        let had: Vec<&str> = had.collect();
        write!(f, "{first}, with {second}, after {}", had.join("; "))
    }
}

/// Who races: an actor in the first user namespace.
fn actor(below: bool) -> impl Strategy<Value = &'static Actor> {
    draw::actor(move |actor| actor.namespaces.is_empty() && actor.below == below)
}

impl Timing {
    /// Draws how rounds go. `durations` are the times that the two operations take alone, in
    /// nanoseconds: the second one begins at any moment at which the two can meet.
    pub fn strategy(durations: [u64; 2]) -> BoxedStrategy<Self> {
        let [first, second] = durations.map(|duration| duration.clamp(1_000, LONGEST));
        let spin = (0..=first + second + SLACK).prop_map(move |at| {
            let delay = |nanoseconds| Delay {
                nanoseconds,
                yields: 0,
            };
            match at.checked_sub(second) {
                Some(late) => [delay(0), delay(late)],
                None => [delay(second - at), delay(0)],
            }
        });
        let yields = (0..8_u32, 0..8_u32).prop_map(|(first, second)| {
            [first, second].map(|yields| Delay {
                nanoseconds: 0,
                yields,
            })
        });
        let delays = prop_oneof![5 => spin, 1 => yields];
        let killed = (0..2_usize, 0..=2 * (first + second)).prop_map(|(task, nanoseconds)| {
            let delay = Delay {
                nanoseconds,
                yields: 0,
            };
            (task, delay)
        });
        let killed = proptest::option::weighted(0.1, killed);
        let flag = proptest::bool::weighted;
        let history = proptest::option::weighted(0.3, 0..HISTORIES.len());
        let history = [history.clone(), history];
        (delays, flag(0.15), flag(0.25), flag(0.5), history, killed)
            .prop_map(
                |(delays, together, watched, made_below, history, killed)| Self {
                    delays,
                    together,
                    watched,
                    made_below,
                    history,
                    killed,
                },
            )
            .boxed()
    }
}

/// The longest delay in nanoseconds, for an operation that takes longer.
const LONGEST: u64 = 20_000_000;

/// How much later than the end of the other one a task can begin, in nanoseconds.
const SLACK: u64 = 20_000;
