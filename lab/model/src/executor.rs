// SPDX-License-Identifier: GPL-2.0

//! Executes a task one step at a time, by running it again from its beginning.
//!
//! A task is a plain function that accesses the shared state by [`Executor::step`] alone. A log
//! keeps what its steps returned. To take the next step, the function runs from its beginning:
//! steps in the log return what they returned before, and the first step beyond the log accesses
//! the shared state. Then the run is over: in the rest of the function, steps return zero and
//! access nothing.
//!
//! This way the code under test is the driver's own, and a state of all tasks is plain data, which
//! can be stored, compared and restored.

use std::cell::{Cell, RefCell};

use crate::{
    mutant::Mutant,
    state::{Call, SharedState, Variable},
};

/// An entry of a task's log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LogEntry {
    /// What a step returned.
    Step(u64),
    /// What a finished call of the protocol returned. It replaces the call's steps.
    Call(bool),
}

/// How a run ended.
#[derive(PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The task has taken its step, and has more.
    Stepped,
    /// The task has taken its last step.
    Finished,
    /// The step has to wait; nothing has changed.
    Blocked,
    /// A property is violated.
    Violated(String),
}

/// Executes one run of a task.
pub struct Executor<'a> {
    state: RefCell<&'a mut SharedState>,
    log: RefCell<&'a mut Vec<LogEntry>>,
    /// The position in the log.
    next: Cell<usize>,
    /// The label of the step that this run has taken.
    label: Cell<&'static str>,
    /// How the run ended, once it has.
    outcome: RefCell<Option<Outcome>>,
    /// The upper dentry of a call that begins with the next step.
    starting_call: Cell<Option<usize>>,
    task: usize,
    /// Takes all steps, not one.
    to_completion: bool,
    /// What is wrong on purpose.
    pub mutant: Mutant,
}

impl<'a> Executor<'a> {
    /// Has `task` take its next step, or all of its steps. Returns the outcome, and the label of
    /// the step.
    pub fn run(
        task: usize,
        body: &dyn Fn(&Executor<'_>),
        state: &'a mut SharedState,
        log: &'a mut Vec<LogEntry>,
        to_completion: bool,
        mutant: Mutant,
    ) -> (Outcome, &'static str) {
        let exec = Executor {
            state: RefCell::new(state),
            log: RefCell::new(log),
            next: Cell::new(0),
            label: Cell::new(""),
            outcome: RefCell::new(None),
            starting_call: Cell::new(None),
            task,
            to_completion,
            mutant,
        };
        body(&exec);
        let outcome = exec.outcome.take().unwrap_or(Outcome::Finished);
        (outcome, exec.label.get())
    }

    /// Whether the run is over. Steps then return zero and do nothing.
    pub fn has_ended(&self) -> bool {
        self.outcome.borrow().is_some()
    }

    fn end(&self, outcome: Outcome) -> u64 {
        self.outcome.replace(Some(outcome));
        0
    }

    /// Accesses the shared state in one atomic step. If `access` returns `None`, it has changed
    /// nothing, and the step has to wait.
    pub fn step_or_wait(
        &self,
        label: &'static str,
        access: impl FnOnce(&mut SharedState) -> Option<u64>,
    ) -> u64 {
        if self.has_ended() {
            return 0;
        }
        let at = self.next.get();
        self.next.set(at + 1);
        let starting_call = self.starting_call.take();
        match self.log.borrow().get(at) {
            Some(&LogEntry::Step(value)) => return value,
            Some(LogEntry::Call(_)) => panic!("the task does not repeat its own steps"),
            None => {}
        }
        if !self.label.get().is_empty() && !self.to_completion {
            return self.end(Outcome::Stepped);
        }
        let mut state = self.state.borrow_mut();
        if let Some(upper) = starting_call {
            state.begin_call(self.task, upper);
        }
        let Some(value) = access(&mut state) else {
            return self.end(Outcome::Blocked);
        };
        state.observe();
        self.log.borrow_mut().push(LogEntry::Step(value));
        self.label.set(label);
        value
    }

    /// Accesses the shared state in one atomic step.
    pub fn step(&self, label: &'static str, access: impl FnOnce(&mut SharedState) -> u64) -> u64 {
        self.step_or_wait(label, |state| Some(access(state)))
    }

    /// Reads `variable`: in a step if some task ever writes it. Otherwise the time of the read
    /// makes no difference.
    pub fn read(
        &self,
        label: &'static str,
        variable: Variable,
        read: impl FnOnce(&SharedState) -> u64,
    ) -> u64 {
        let state = self.state.borrow();
        if self.has_ended() || state.is_written(variable) {
            drop(state);
            return self.step(label, |state| read(state));
        }
        read(&state)
    }

    /// Changes the shared state in one atomic step.
    pub fn change(&self, label: &'static str, access: impl FnOnce(&mut SharedState)) {
        self.step(label, |state| {
            access(state);
            0
        });
    }

    /// Runs `call`, a call of the protocol for an upper dentry. `check` gets its answer, and what
    /// was true while it ran.
    pub fn call(
        &self,
        upper: usize,
        call: impl FnOnce() -> bool,
        check: impl FnOnce(bool, &Call) -> Result<(), String>,
    ) -> bool {
        if self.has_ended() {
            return false;
        }
        let begin = self.next.get();
        if let Some(&LogEntry::Call(answer)) = self.log.borrow().get(begin) {
            self.next.set(begin + 1);
            return answer;
        }
        self.starting_call.set(Some(upper));
        let answer = call();
        if self.has_ended() {
            return false;
        }
        let call = self.state.borrow_mut().end_call(self.task);
        if let Err(violation) = check(answer, &call) {
            self.end(Outcome::Violated(violation));
            return false;
        }
        let mut log = self.log.borrow_mut();
        log.truncate(begin);
        log.push(LogEntry::Call(answer));
        self.next.set(begin + 1);
        answer
    }
}
