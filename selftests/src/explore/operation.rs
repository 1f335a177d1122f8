// SPDX-License-Identifier: GPL-2.0

//! The operations of a script.

use std::fmt::{self, Debug, Display, Formatter};

use proptest::prelude::*;
use rustix::io::Errno;

use super::hand::Hand;
use super::kinds;
use super::place::Place;
use super::word::{Domain, Word};

/// The result of an operation, as far as it is compared.
pub type Answer = Result<String, Errno>;

/// A kind of operation: a system call, or a few that belong together.
pub struct Kind {
    /// The name in a script.
    pub name: &'static str,
    /// How often it is drawn, compared with the others.
    pub weight: u32,
    /// What its arguments can be.
    pub arguments: &'static [Domain],
    /// Where it can be compared.
    pub scope: Scope,
    /// Performs it.
    pub perform: fn(&mut Hand, &Words) -> Answer,
}

/// The scripts in which an operation can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All.
    Everywhere,
    /// Those in which nobody works directly in the lower directory: docs/behaviour.md says what is
    /// different otherwise, as [`super::known::ABOVE_ALONE`] quotes.
    AboveAlone,
}

impl Debug for Kind {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The arguments of an operation. Each method panics if the argument is none of that type, which
/// the table of kinds decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(Vec<Word>);

impl Words {
    /// The argument at `at` as a path.
    pub fn place(&self, at: usize) -> &Place {
        match &self.0[at] {
            Word::Place(place) => place,
            Word::Number(_) => panic!("argument {at} is no path"),
        }
    }

    /// The argument at `at` as a number.
    pub fn number(&self, at: usize) -> u64 {
        match &self.0[at] {
            Word::Number(number) => *number,
            Word::Place(_) => panic!("argument {at} is no number"),
        }
    }

    /// The argument at `at` as flags or a mode, which have no more than 32 bits.
    pub fn bits(&self, at: usize) -> u32 {
        self.number(at) as u32
    }

    /// The argument at `at` as the number of an open file, or as a length.
    pub fn size(&self, at: usize) -> usize {
        self.number(at) as usize
    }
}

/// An operation with its arguments.
#[derive(Clone)]
pub struct Operation {
    /// What it does.
    pub kind: &'static Kind,
    words: Words,
}

impl Operation {
    /// Performs it.
    pub fn perform(&self, hand: &mut Hand) -> Answer {
        (self.kind.perform)(hand, &self.words)
    }

    /// Its arguments.
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// Reads what [`Display`] writes.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let name = words.next().unwrap_or_default();
        let kind = kinds::all()
            .find(|kind| kind.name == name)
            .ok_or_else(|| format!("there is no operation {name:?}"))?;
        let words: Vec<&str> = words.collect();
        if words.len() != kind.arguments.len() {
            return Err(format!(
                "{name} has {} arguments, and {} are given",
                kind.arguments.len(),
                words.len()
            ));
        }
        let parse = |(domain, word): (&Domain, &&str)| {
            domain
                .parse(word)
                .ok_or_else(|| format!("{word:?} is no argument of {name}"))
        };
        let words = kind.arguments.iter().zip(&words).map(parse);
        Ok(Self {
            kind,
            words: Words(words.collect::<Result<_, _>>()?),
        })
    }

    /// Draws operations of one kind.
    pub fn strategy(kind: &'static Kind) -> BoxedStrategy<Self> {
        let words: Vec<_> = kind.arguments.iter().map(|word| word.strategy()).collect();
        words
            .prop_map(move |words| Self {
                kind,
                words: Words(words),
            })
            .boxed()
    }
}

impl Display for Operation {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        f.write_str(self.kind.name)?;
        for (domain, word) in self.kind.arguments.iter().zip(&self.words.0) {
            write!(f, " {}", domain.show(word))?;
        }
        Ok(())
    }
}

impl Debug for Operation {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl PartialEq for Operation {
    fn eq(&self, other: &Self) -> bool {
        self.kind.name == other.kind.name && self.words == other.words
    }
}
