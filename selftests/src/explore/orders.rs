// SPDX-License-Identifier: GPL-2.0

//! What the process of an actor is told to do: a list of lines, after which comes an empty one.

use std::fmt::{self, Display, Formatter};

/// A line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order<'a> {
    /// A script begins: the working directory is the top. Has an answer.
    Begin,
    /// The script ends: everything is closed, so that the mount can be unmounted. Has an answer.
    End,
    /// Wait for the turn.
    Wait,
    /// Give the turn to this actor.
    Pass(&'a str),
    /// Perform this operation. Has an answer.
    Perform(&'a str),
    /// The list is at its end. All answers are sent.
    Answer,
}

const BEGIN: &str = "begin";
const END: &str = "end";
const WAIT: &str = "wait";
const PASS: &str = "pass ";
const ANSWER: &str = "";

impl<'a> Order<'a> {
    /// Reads what [`Display`] writes. No operation has the name of another order.
    pub fn parse(line: &'a str) -> Self {
        match line {
            BEGIN => Self::Begin,
            END => Self::End,
            WAIT => Self::Wait,
            ANSWER => Self::Answer,
            _ => line
                .strip_prefix(PASS)
                .map_or(Self::Perform(line), Self::Pass),
        }
    }
}

impl Display for Order<'_> {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        match self {
            Self::Begin => f.write_str(BEGIN),
            Self::End => f.write_str(END),
            Self::Wait => f.write_str(WAIT),
            Self::Pass(name) => write!(f, "{PASS}{name}"),
            Self::Perform(operation) => f.write_str(operation),
            Self::Answer => f.write_str(ANSWER),
        }
    }
}
