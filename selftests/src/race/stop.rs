// SPDX-License-Identifier: GPL-2.0

//! Why a pair is not raced to its end.

use super::duel::{Duel, Timing};
use super::racers::Silence;

/// Why a pair has not been raced to its end.
#[derive(Debug)]
pub enum Stop {
    /// Something does not hold.
    Wrong {
        /// What, in one or more lines.
        what: String,
        /// Whether a task hangs.
        hangs: bool,
    },
    /// The race could not be run.
    Broken(String),
}

impl From<String> for Stop {
    fn from(complaint: String) -> Self {
        Self::Broken(complaint)
    }
}

/// Splits the answer of a task into the nanoseconds and the result.
pub(super) fn taken(answer: &str) -> Result<(u64, String), Stop> {
    let words = answer.split_once(' ');
    let parsed = words.and_then(|(taken, result)| Some((taken.parse().ok()?, result.to_owned())));
    parsed.ok_or_else(|| Stop::Broken(format!("a racer answers {answer:?}.")))
}

/// Something does not hold.
pub(super) fn wrong(what: String) -> Stop {
    Stop::Wrong { what, hangs: false }
}

/// A task does not answer.
pub(super) fn silent(silence: Silence) -> Stop {
    match silence {
        Silence::Hangs(place) => Stop::Wrong {
            what: format!("a task hangs:\n{place}"),
            hangs: true,
        },
        Silence::Ended(how) => wrong(format!("a task has ended: {how}")),
    }
}

/// Something does not hold if there are such things.
pub(super) fn wrong_if(things: Vec<String>, answers: &[Option<String>; 2]) -> Result<(), Stop> {
    let [first, second] = answers
        .each_ref()
        .map(|answer| answer.as_deref().unwrap_or("killed"));
    match things.is_empty() {
        true => Ok(()),
        false => Err(wrong(format!(
            "{first} and {second}:\n{}",
            things.join("\n")
        ))),
    }
}

/// Adds to a finding what raced, and how.
pub(super) fn explain(stop: Stop, duel: &Duel, timing: Timing) -> Stop {
    match stop {
        Stop::Wrong { what, hangs } => {
            let what = format!("{duel}\n{timing:?}\n{what}");
            Stop::Wrong { what, hangs }
        }
        broken => broken,
    }
}
