// SPDX-License-Identifier: GPL-2.0

//! What a run reports, whatever the form: [`crate::ktap`] for people and test harnesses,
//! [`crate::json`] for programs.

use std::io;

use crate::case::Case;
use crate::identity::Identity;

/// What a report says about the run as a whole, before its first case.
#[derive(Debug)]
pub struct Heading<'a> {
    /// The name of the filesystem under test.
    pub layer: &'a str,
    /// The scratch directory.
    pub directory: &'a str,
    /// The kernel and the module that are judged.
    pub identity: &'a Identity,
    /// The number of results that follow.
    pub cases: usize,
    /// The cases that do not suit the filesystem under test.
    pub unsuitable: &'a [Case],
}

/// The result of one case.
#[derive(Debug)]
pub struct CaseResult {
    /// The case.
    pub case: Case,
    /// What is wrong: nothing if the case passed.
    pub wrong: Vec<String>,
    /// Why the case cannot run on the plain directory, if so. It has neither passed nor failed.
    pub not_supported: Option<String>,
    /// The parts that the case skipped, and why.
    pub skipped: Vec<String>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// Every case passed.
    Passed,
    /// A case failed.
    Failed,
    /// A signal ended the run before its last case.
    Interrupted {
        /// The number of the signal.
        signal: i32,
    },
}

impl Verdict {
    /// The verdict on a run that reached its end. A run without results has not passed.
    pub fn of(results: &[CaseResult]) -> Self {
        let has_failed = results.iter().any(CaseResult::failed);
        match !has_failed && results.iter().any(CaseResult::passed) {
            true => Verdict::Passed,
            false => Verdict::Failed,
        }
    }
}

impl CaseResult {
    /// Whether the case has run, and nothing is wrong.
    pub fn passed(&self) -> bool {
        self.wrong.is_empty() && self.not_supported.is_none()
    }

    /// Whether something is wrong.
    pub fn failed(&self) -> bool {
        !self.wrong.is_empty()
    }

    /// The name of a failed case, and what its failure means to a user.
    pub fn failure(&self) -> String {
        format!("{}: {}", self.case.name, self.case.risk)
    }
}

/// A form of the report.
pub trait Report {
    /// Begins the report.
    fn begin(&mut self, heading: &Heading<'_>) -> io::Result<()>;

    /// Adds the result of the next case.
    fn result(&mut self, result: &CaseResult) -> io::Result<()>;

    /// Ends the report. `results` are those that [`Report::result`] was given.
    fn finish(&mut self, verdict: Verdict, results: &[CaseResult]) -> io::Result<()>;
}
