// SPDX-License-Identifier: GPL-2.0

//! A case: what it is called, what it is about, and how it runs.

use std::panic::Location;

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
    /// What a failure means for whoever uses the layer: what may happen to data or rights.
    pub risk: &'static str,
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

impl Stop {
    /// Says what is wrong at the place in the case that is going on.
    #[track_caller]
    pub fn here(what: &str) -> Self {
        let place = Location::caller();
        let file = place.file().rsplit('/').next().unwrap_or_default();
        Stop(format!("{what} ({file}:{})", place.line()))
    }
}

impl From<Errno> for Stop {
    #[track_caller]
    fn from(errno: Errno) -> Self {
        let errno = errno_name(errno);
        Stop::here(&format!(
            "an operation that has to succeed failed with {errno}"
        ))
    }
}

/// For operations of the standard library.
impl From<std::io::Error> for Stop {
    #[track_caller]
    fn from(error: std::io::Error) -> Self {
        Stop::here(&format!("an operation that has to succeed failed: {error}"))
    }
}

/// What a case expects of a result, where the comparison alone would accept two equally wrong
/// answers.
pub trait Expect {
    /// Expects the operation to be refused with this error.
    #[track_caller]
    fn refused(self, expected: Errno) -> Outcome;

    /// Accepts both success and failure: lower filesystems differ, and the comparison alone
    /// decides.
    fn either(self);
}

impl<T> Expect for Result<T, Errno> {
    #[track_caller]
    fn refused(self, expected: Errno) -> Outcome {
        let found = match self {
            Err(errno) if errno == expected => return Ok(()),
            Err(errno) => format!("failed with {}", errno_name(errno)),
            Ok(_) => "succeeded".to_owned(),
        };
        let expected = errno_name(expected);
        Err(Stop::here(&format!(
            "an operation that has to be refused with {expected} {found}"
        )))
    }

    fn either(self) {}
}

/// Stops the case unless `found` is as expected.
#[track_caller]
pub fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Outcome {
    match found == expected {
        true => Ok(()),
        false => Err(Stop::here(&format!(
            "{what}: found {found:?}, expected {expected:?}"
        ))),
    }
}
