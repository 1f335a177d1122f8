// SPDX-License-Identifier: GPL-2.0

//! The result of a case, and what a case expects of single operations.

use std::panic::Location;

use rustix::io::Errno;

use crate::show::errno_name;

/// The result of a case. A case returns early with the first [`Failure`].
pub type Outcome = Result<(), Failure>;

/// Why a case ended early.
#[derive(Debug)]
pub struct Failure(pub String);

impl Failure {
    /// A failure at the caller's line.
    #[track_caller]
    pub fn here(what: &str) -> Self {
        let place = Location::caller();
        let file = place.file().rsplit('/').next().unwrap_or_default();
        Failure(format!("{what} ({file}:{})", place.line()))
    }
}

/// `?` on an operation means that it has to succeed.
impl From<Errno> for Failure {
    #[track_caller]
    fn from(errno: Errno) -> Self {
        let errno = errno_name(errno);
        Failure::here(&format!(
            "an operation that has to succeed failed with {errno}"
        ))
    }
}

/// For operations of the standard library.
impl From<std::io::Error> for Failure {
    #[track_caller]
    fn from(error: std::io::Error) -> Self {
        Failure::here(&format!("an operation that has to succeed failed: {error}"))
    }
}

/// What a case expects of an operation's result, beyond its being the same on the plain directory
/// and through the mount.
pub trait Expect {
    /// Fails the case unless the operation failed with `expected`. Without this, the same wrong
    /// result on both sides would pass.
    #[track_caller]
    fn refused(self, expected: Errno) -> Outcome;

    /// Expects nothing more: success and each error are right if the plain directory has the same.
    /// For operations whose result depends on the lower filesystem or the kernel.
    fn compared(self);
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
        Err(Failure::here(&format!(
            "an operation that has to be refused with {expected} {found}"
        )))
    }

    // The operation itself has recorded its result for the comparison.
    fn compared(self) {}
}

/// Fails the case unless `found` equals `expected`.
#[track_caller]
pub fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Outcome {
    match found == expected {
        true => Ok(()),
        false => Err(Failure::here(&format!(
            "{what}: found {found:?}, expected {expected:?}"
        ))),
    }
}
