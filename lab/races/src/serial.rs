// SPDX-License-Identifier: GPL-2.0

//! The permitted outcomes of two concurrent operations: those of sequential execution on a single
//! directory.
//!
//! An operation consists of a path walk and the operation itself; the other one may run between
//! these. Two operations therefore have six interleavings. An outcome that none of them gives is an
//! error.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use base0fs_selftest::show::errno_name;
use rustix::io::Errno;

use crate::fixture::Fixture;
use crate::layers::Layers;
use crate::operation::{OpResult, Operation};
use crate::tree;

/// The results of two operations, and the tree afterwards.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outcome {
    pub results: [String; 2],
    pub tree: String,
}

impl Outcome {
    pub fn new(results: [OpResult; 2], tree: String) -> Self {
        Self {
            results: results.map(|result| match result {
                Ok(file) => file,
                Err(errno) => errno_name(errno),
            }),
            tree,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = &self.results;
        write!(f, "{first} / {second} / {}", self.tree)
    }
}

/// The modes of files that the first and the second operation make. They identify the maker.
pub const MODES: [u32; 2] = [0o600, 0o644];

/// The interleavings: each element is the operation that makes its next step.
const INTERLEAVINGS: [[usize; 4]; 6] = [
    [0, 0, 1, 1],
    [0, 1, 0, 1],
    [0, 1, 1, 0],
    [1, 0, 0, 1],
    [1, 0, 1, 0],
    [1, 1, 0, 0],
];

/// The permitted outcomes of pairs, with a cache.
#[derive(Debug)]
pub struct SerialOutcomes {
    layers: Layers,
    cache: HashMap<[Operation; 2], BTreeSet<Outcome>>,
}

impl SerialOutcomes {
    /// Outcomes are determined in the lower directory of `layers`, without the mount.
    pub fn new(layers: &Layers) -> Self {
        let below = layers.below.clone();
        Self {
            layers: Layers {
                above: below.clone(),
                below,
            },
            cache: HashMap::new(),
        }
    }

    /// The permitted outcomes of the pair.
    pub fn of(&mut self, pair: [Operation; 2]) -> &BTreeSet<Outcome> {
        let layers = &self.layers;
        self.cache.entry(pair).or_insert_with(|| {
            INTERLEAVINGS
                .iter()
                .filter(|interleaving| {
                    (0..2)
                        .all(|turn| !pair[turn].stays_in_root() || runs_at_once(interleaving, turn))
                })
                .map(|interleaving| run_interleaved(layers, pair, interleaving))
                .chain(between_lookups(layers, pair))
                .collect()
        })
    }
}

/// One more permitted outcome of a rename through a mount: the second operation runs between the
/// lookups of the rename's two names. From these lookups the VFS itself decides two cases: if both
/// names are the same file, rename does nothing; if the new name exists, RENAME_NOREPLACE fails.
fn between_lookups(layers: &Layers, [first, second]: [Operation; 2]) -> Option<Outcome> {
    let (from, to) = match first {
        Operation::Rename(from, to) | Operation::RenameNew(from, to) => (from, to),
        _ => return None,
    };
    let fixture = Fixture::without_history(layers);
    let look_up = |at| Operation::Stat(at).run(&fixture.below, 0, &fixture.identities);
    let before = look_up(from);
    let result = second.run(&fixture.below, MODES[1], &fixture.identities);
    let after = look_up(to);
    let by_vfs = match first {
        Operation::RenameNew(..) if after.is_ok() => Some(Err(Errno::EXIST)),
        Operation::Rename(..) if after.is_ok() && before == after => Some(Ok("done".to_owned())),
        _ => None,
    };
    let tree = tree::list(&fixture.below, &fixture.identities);
    fixture.remove();
    Some(Outcome::new(
        [by_vfs.filter(|_| before.is_ok())?, result],
        tree,
    ))
}

/// Whether the interleaving has both steps of operation `turn` in sequence.
fn runs_at_once(interleaving: &[usize; 4], turn: usize) -> bool {
    interleaving.windows(2).any(|two| two == [turn; 2])
}

/// Runs the pair in this interleaving.
fn run_interleaved(layers: &Layers, pair: [Operation; 2], interleaving: &[usize; 4]) -> Outcome {
    let fixture = Fixture::without_history(layers);
    let mut walks = [None, None];
    let mut results = [Ok(String::new()), Ok(String::new())];
    for &turn in interleaving {
        match walks[turn].take() {
            None => walks[turn] = Some(pair[turn].walk(&fixture.below)),
            Some(walked) => {
                results[turn] = walked.and_then(|parents| {
                    pair[turn].run_at(&parents, MODES[turn], &fixture.identities)
                });
            }
        }
    }
    let outcome = Outcome::new(results, tree::list(&fixture.below, &fixture.identities));
    fixture.remove();
    outcome
}
