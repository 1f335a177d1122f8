// SPDX-License-Identifier: GPL-2.0

//! The record of what a case did in one world and what the filesystem answered.

use std::sync::Mutex;

use rustix::io::Errno;

use crate::interrupt;
use crate::show::Show;

/// One operation and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The operation with its arguments, paths relative to the world.
    pub op: String,
    /// What it answered: a value, or the name of an error.
    pub result: String,
}

/// The steps of one case in one world, in order.
#[derive(Debug, Default)]
pub struct Trace(Mutex<Vec<Step>>);

impl Trace {
    /// Performs an operation and records its result. After an interruption nothing is performed any
    /// more, so that the case ends soon.
    pub fn step<T: Show>(
        &self,
        op: impl Into<String>,
        perform: impl FnOnce() -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        if interrupt::requested() {
            return Err(Errno::INTR);
        }
        let result = perform();
        self.note(op, &result);
        result
    }

    /// Records an observation.
    pub fn note(&self, op: impl Into<String>, result: &impl Show) {
        let step = Step {
            op: op.into(),
            result: result.show(),
        };
        self.0
            .lock()
            .expect("no step panics while it records")
            .push(step);
    }

    /// The recorded steps.
    pub fn into_steps(self) -> Vec<Step> {
        self.0
            .into_inner()
            .expect("no step panics while it records")
    }
}
