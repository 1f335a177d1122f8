// SPDX-License-Identifier: GPL-2.0

//! The arguments of an operation: what they can be, how a script shows them, and how they are
//! drawn.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::place::{Place, SLOTS};

/// A number and its name in a script.
pub type Named = (&'static str, u64);

/// What an argument can be.
#[derive(Clone, Copy, Debug)]
pub enum Domain {
    /// A path.
    Place,
    /// One of the files that the actor may have open.
    Slot,
    /// One of these numbers.
    Number(&'static [u64]),
    /// One of these numbers, in octal digits.
    Octal(&'static [u64]),
    /// One of these names.
    OneOf(&'static [Named]),
    /// Any of these names together, mostly few.
    Flags(&'static [Named]),
}

/// An argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// A path.
    Place(Place),
    /// Anything else.
    Number(u64),
}

impl Domain {
    /// The argument as a script shows it.
    pub fn show(self, word: &Word) -> String {
        match (self, word) {
            (_, Word::Place(place)) => place.to_string(),
            (Domain::Octal(_), Word::Number(number)) => format!("{number:04o}"),
            (Domain::OneOf(names), Word::Number(number)) => names
                .iter()
                .find(|(_, value)| value == number)
                .map_or_else(|| number.to_string(), |(name, _)| (*name).to_owned()),
            (Domain::Flags(names), Word::Number(number)) => flag_names(names, *number),
            (_, Word::Number(number)) => number.to_string(),
        }
    }

    /// Reads what [`Self::show`] writes.
    pub fn parse(self, text: &str) -> Option<Word> {
        let named = |names: &[Named], text: &str| {
            let found = names.iter().find(|(name, _)| *name == text);
            found.map(|(_, value)| *value)
        };
        let number = match self {
            Domain::Place => return Place::parse(text).map(Word::Place),
            Domain::Slot => text.parse().ok().filter(|slot| *slot < SLOTS as u64)?,
            Domain::Number(_) => text.parse().ok()?,
            Domain::Octal(_) => u64::from_str_radix(text, 8).ok()?,
            Domain::OneOf(names) => named(names, text)?,
            Domain::Flags(_) if text == NO_FLAGS => 0,
            Domain::Flags(names) => text
                .split('|')
                .try_fold(0, |all, flag| Some(all | named(names, flag)?))?,
        };
        Some(Word::Number(number))
    }

    /// Draws arguments.
    pub fn strategy(self) -> BoxedStrategy<Word> {
        let numbers = match self {
            Domain::Place => return Place::strategy().prop_map(Word::Place).boxed(),
            Domain::Slot => (0..SLOTS as u64).boxed(),
            Domain::Number(numbers) | Domain::Octal(numbers) => select(numbers).boxed(),
            Domain::OneOf(names) => select(names).prop_map(|(_, value)| value).boxed(),
            Domain::Flags(names) => {
                let few = subsequence(names, 0..=names.len().min(2));
                let many = subsequence(names, 0..=names.len().min(4));
                prop_oneof![4 => few, 1 => many]
                    .prop_map(|flags| flags.iter().fold(0, |all, (_, value)| all | value))
                    .boxed()
            }
        };
        numbers.prop_map(Word::Number).boxed()
    }
}

const NO_FLAGS: &str = "-";

/// The names of flags. One flag may be part of another (`O_SYNC` of Linux has `O_DSYNC`), so the
/// larger one is looked for first.
fn flag_names(names: &[Named], number: u64) -> String {
    let mut sorted: Vec<&Named> = names.iter().collect();
    sorted.sort_by_key(|(_, value)| std::cmp::Reverse(value.count_ones()));
    let (mut rest, mut shown) = (number, Vec::new());
    for (name, value) in sorted {
        if *value != 0 && rest & value == *value {
            rest &= !value;
            shown.push(*name);
        }
    }
    match shown.is_empty() {
        true => NO_FLAGS.to_owned(),
        false => shown.join("|"),
    }
}
