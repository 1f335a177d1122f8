// SPDX-License-Identifier: GPL-2.0

//! The record of a case's operations on one directory and of their results.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use rustix::io::Errno;

use crate::interrupt;
use crate::patience::Patience;
use crate::show::Show;

/// One operation and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The operation with its arguments. Paths are relative to the test directory.
    pub op: String,
    /// The result: a value, or the name of an error.
    pub result: String,
}

/// The steps of one case on one directory, in order.
#[derive(Debug, Default)]
pub struct Trace {
    steps: Mutex<Vec<Step>>,
    reference: Vec<Step>,
    timed_out: AtomicBool,
}

impl Trace {
    /// An empty trace that will be compared with the steps `reference`.
    pub fn with_reference(reference: Vec<Step>) -> Self {
        Self {
            reference,
            ..Self::default()
        }
    }

    /// Performs `observe` until its result is that of the same step of the reference, or until its
    /// [`Patience`] ends, and records the last result. Without a reference, performs it once.
    ///
    /// For observations that become true with a delay.
    pub fn eventually<T: Show>(
        &self,
        op: impl Into<String>,
        observe: impl Fn() -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        let (op, position) = (op.into(), self.lock().len());
        let expected = self.reference.get(position).filter(|step| step.op == op);
        let mut patience = Patience::of_seconds(10);
        let mut observed = observe();
        while expected.is_some_and(|expected| expected.result != observed.show()) {
            // After one timeout the case has failed: later observations do not wait.
            if self.timed_out.load(Ordering::Relaxed) || interrupt::requested() {
                break;
            }
            self.timed_out.store(!patience.lasts(), Ordering::Relaxed);
            observed = observe();
        }
        self.step(op, || observed)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Step>> {
        self.steps
            .lock()
            .expect("no thread panics while it records")
    }

    /// Performs an operation and records its result. After an interruption it performs nothing and
    /// returns `EINTR`, so that the case ends soon.
    pub fn step<T: Show>(
        &self,
        op: impl Into<String>,
        perform: impl FnOnce() -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        if interrupt::requested() {
            return Err(Errno::INTR);
        }
        let result = perform();
        self.record(op, &result);
        result
    }

    /// Records a value.
    pub fn record(&self, op: impl Into<String>, result: &impl Show) {
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
            .expect("no thread panics while it records")
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn eventually_observes_until_the_result_is_that_of_the_reference() {
        let reference = Trace::default();
        reference.eventually("free", || Ok(3)).unwrap();
        let trace = Trace::with_reference(reference.into_steps());
        let free = Cell::new(0);
        let observe = || {
            free.set(free.get() + 1);
            Ok(free.get())
        };
        assert_eq!(trace.eventually("free", observe), Ok(3));
        // The reference has no second step, so there is nothing to wait for.
        assert_eq!(trace.eventually("free", observe), Ok(4));
    }
}
