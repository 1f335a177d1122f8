// SPDX-License-Identifier: GPL-2.0

//! A case: what it is called, what it is about, and how it runs.

use rustix::io::Errno;

use crate::bench::Bench;
use crate::show::errno_name;

use crate::world::World;

/// One entry of the suite.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The name in the report and for `--case`.
    pub name: &'static str,
    /// One line for `--list`.
    pub about: &'static str,
    /// What to run.
    pub run: Run,
}

/// The ways to run a case.
#[derive(Clone, Copy, Debug)]
pub enum Run {
    /// Once on a plain directory and once through the mount; the answers and the trees left behind
    /// have to be equal.
    Compared(fn(&World) -> Outcome),
    /// Once, mounting the layer under test itself.
    Mounting(fn(&Bench) -> Outcome),
    /// Once, mounting a filesystem type in its own ways: only for layers that are one, whose name
    /// it gets.
    Configuring(fn(&Bench, &str) -> Outcome),
}

/// What a case returns: a case that cannot go on stops.
pub type Outcome = Result<(), Stop>;

/// Why a case could not go on.
#[derive(Debug)]
pub struct Stop(pub String);

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Self {
        Stop(format!(
            "an operation that has to succeed failed with {}",
            errno_name(errno)
        ))
    }
}

/// For operations of the standard library.
impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Stop(format!("an operation that has to succeed failed: {error}"))
    }
}

/// What a case expects of a result, where the comparison alone would accept two equally wrong
/// answers.
pub trait Expect {
    /// Expects the operation to be refused with this error.
    fn refused(self, expected: Errno) -> Outcome;

    /// Accepts both success and failure: lower filesystems differ, and the comparison alone
    /// decides.
    fn either(self);
}

impl<T> Expect for Result<T, Errno> {
    fn refused(self, expected: Errno) -> Outcome {
        match self {
            Err(errno) if errno == expected => Ok(()),
            Err(errno) => Err(Stop(format!(
                "an operation that has to be refused with {} failed with {}",
                errno_name(expected),
                errno_name(errno)
            ))),
            Ok(_) => Err(Stop(format!(
                "an operation that has to be refused with {} succeeded",
                errno_name(expected)
            ))),
        }
    }

    fn either(self) {}
}

/// Stops the case unless `found` is as expected.
pub fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Outcome {
    match found == expected {
        true => Ok(()),
        false => Err(Stop(format!(
            "{what}: found {found:?}, expected {expected:?}"
        ))),
    }
}
