// SPDX-License-Identifier: GPL-2.0

//! What two operations may come to: what they come to in one directory, one after the other.
//!
//! An operation walks to its directories and then acts; between the two another one may come. So each pair has six
//! orders, and what none of them gives is wrong.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use rustix::io::Errno;

use crate::operation::{Answer, Operation};
use crate::place::Place;
use crate::set_up::SetUp;
use crate::tree;

/// What two operations answered, and the tree that they left.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outcome {
    pub answers: [String; 2],
    pub tree: String,
}

impl Outcome {
    pub fn new(answers: [Answer; 2], tree: String) -> Self {
        Self {
            answers: answers.map(|answer| match answer {
                Ok(file) => file,
                Err(errno) => errno_name(errno),
            }),
            tree,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = &self.answers;
        write!(f, "{first} / {second} / {}", self.tree)
    }
}

/// The name that error numbers of this kind have in C.
pub fn errno_name(errno: Errno) -> String {
    let name = match errno {
        Errno::NOENT => "ENOENT",
        Errno::EXIST => "EEXIST",
        Errno::NOTDIR => "ENOTDIR",
        Errno::ISDIR => "EISDIR",
        Errno::NOTEMPTY => "ENOTEMPTY",
        Errno::STALE => "ESTALE",
        Errno::INVAL => "EINVAL",
        Errno::LOOP => "ELOOP",
        Errno::BUSY => "EBUSY",
        Errno::NXIO => "ENXIO",
        other => return format!("{other:?}"),
    };
    name.to_owned()
}

/// The modes of what the first and second operation make, which tell them apart.
pub const MODES: [u32; 2] = [0o600, 0o644];

/// The orders of two walks and two acts, as whose turn it is.
const ORDERS: [[usize; 4]; 6] = [
    [0, 0, 1, 1],
    [0, 1, 0, 1],
    [0, 1, 1, 0],
    [1, 0, 0, 1],
    [1, 0, 1, 0],
    [1, 1, 0, 0],
];

/// The outcomes of pairs, worked out once for each.
#[derive(Debug)]
pub struct Serial {
    place: Place,
    known: HashMap<[Operation; 2], BTreeSet<Outcome>>,
}

impl Serial {
    /// Works things out in the lower half of `place`, without the mount.
    pub fn new(place: &Place) -> Self {
        let below = place.below.clone();
        Self {
            place: Place {
                above: below.clone(),
                below,
            },
            known: HashMap::new(),
        }
    }

    pub fn outcomes(&mut self, pair: [Operation; 2]) -> &BTreeSet<Outcome> {
        let place = &self.place;
        self.known.entry(pair).or_insert_with(|| {
            ORDERS
                .iter()
                .filter(|order| {
                    (0..2).all(|whose| !pair[whose].is_flat() || acts_at_once(order, whose))
                })
                .map(|order| one_order(place, pair, order))
                .chain(between_names(place, pair))
                .collect()
        })
    }
}

/// What a rename through a mount may come to as well, if the second operation comes between the looks at its two names:
/// by these the VFS decides two things itself. A name that is the same file already is left alone, and one that must not
/// be taken is found taken.
fn between_names(place: &Place, [first, second]: [Operation; 2]) -> Option<Outcome> {
    let (from, to) = match first {
        Operation::Rename(from, to) | Operation::RenameNew(from, to) => (from, to),
        _ => return None,
    };
    let set_up = SetUp::plain(place);
    let look = |at| Operation::Stat(at).run(&set_up.below, 0, &set_up.identities);
    let before = look(from);
    let answer = second.run(&set_up.below, MODES[1], &set_up.identities);
    let after = look(to);
    let own = match first {
        Operation::RenameNew(..) if after.is_ok() => Some(Err(Errno::EXIST)),
        Operation::Rename(..) if after.is_ok() && before == after => Some(Ok("done".to_owned())),
        _ => None,
    };
    let tree = tree::list(&set_up.below, &set_up.identities);
    set_up.clear();
    Some(Outcome::new(
        [own.filter(|_| before.is_ok())?, answer],
        tree,
    ))
}

/// Whether in this order nothing comes between the walk and the act of that operation.
fn acts_at_once(order: &[usize; 4], whose: usize) -> bool {
    order.windows(2).any(|two| two == [whose; 2])
}

fn one_order(place: &Place, pair: [Operation; 2], order: &[usize; 4]) -> Outcome {
    let set_up = SetUp::plain(place);
    let mut walks = [None, None];
    let mut answers = [Ok(String::new()), Ok(String::new())];
    for &whose in order {
        match walks[whose].take() {
            None => walks[whose] = Some(pair[whose].walk(&set_up.below)),
            Some(walked) => {
                answers[whose] = walked.and_then(|parents| {
                    pair[whose].act(&parents, MODES[whose], &set_up.identities)
                });
            }
        }
    }
    let outcome = Outcome::new(answers, tree::list(&set_up.below, &set_up.identities));
    set_up.clear();
    outcome
}
