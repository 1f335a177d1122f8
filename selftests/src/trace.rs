// SPDX-License-Identifier: GPL-2.0

//! The record of what a case did in one world and what the filesystem answered.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

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
pub struct Trace {
    steps: Mutex<Vec<Step>>,
    model: Vec<Step>,
    given_up: AtomicBool,
}

/// How long an observation may take to become what it was in the world before. Only a failure takes
/// that long.
const PATIENCE: Duration = Duration::from_secs(10);

impl Trace {
    /// A trace that is going to be compared with `model`.
    pub fn after(model: Vec<Step>) -> Self {
        Self {
            model,
            ..Self::default()
        }
    }

    /// Makes and records an observation that becomes true soon and need not be so at once: until it is
    /// what the model has, it is made again.
    pub fn settled<T: Show>(
        &self,
        op: impl Into<String>,
        observe: impl Fn() -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        let (op, position) = (op.into(), self.lock().len());
        let wanted = self.model.get(position).filter(|step| step.op == op);
        let started = Instant::now();
        let mut observed = observe();
        while wanted.is_some_and(|wanted| wanted.result != observed.show()) {
            // What did not settle once has failed the case, whatever comes after it.
            if self.given_up.load(Ordering::Relaxed) || interrupt::requested() {
                break;
            }
            self.given_up
                .store(started.elapsed() > PATIENCE, Ordering::Relaxed);
            thread::sleep(Duration::from_millis(20));
            observed = observe();
        }
        self.step(op, || observed)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Step>> {
        self.steps.lock().expect("no step panics while it records")
    }

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
        self.lock().push(step);
    }

    /// The recorded steps.
    pub fn into_steps(self) -> Vec<Step> {
        self.steps
            .into_inner()
            .expect("no step panics while it records")
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_settles_is_observed_until_it_is_as_before() {
        let before = Trace::default();
        before.settled("free", || Ok(3)).unwrap();
        let after = Trace::after(before.into_steps());
        let free = Cell::new(0);
        let observe = || {
            free.set(free.get() + 1);
            Ok(free.get())
        };
        assert_eq!(after.settled("free", observe), Ok(3));
        // Without a model there is nothing to wait for.
        assert_eq!(after.settled("free", observe), Ok(4));
    }
}
