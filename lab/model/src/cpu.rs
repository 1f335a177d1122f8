// SPDX-License-Identifier: GPL-2.0

//! One step of a task, taken by running the task again.
//!
//! A task is a plain function that touches the shared state by [`Cpu::step`] alone. What its steps
//! returned is recorded. To take the next step, the function runs from its beginning: steps of the
//! record return what they returned, and the first one beyond it touches the shared state. After that
//! one the run is over: what is left of the function gets zeroes and touches nothing. So the code that
//! is checked is the driver's own, and a state of all tasks can be kept, compared, and gone back to.

use std::cell::{Cell, RefCell};

use crate::{
    mutant::Mutant,
    world::{Call, Part, World},
};

/// What a step returned; of a finished call, what the call returned.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Record {
    /// Of a step.
    Step(u64),
    /// Of a call of the protocol, whose steps are forgotten.
    Call(bool),
}

/// What a run came to.
#[derive(PartialEq, Eq, Debug)]
pub enum Run {
    /// The step is taken, and more are to come.
    Taken,
    /// The step was the last one.
    Finished,
    /// The step has to wait; nothing has changed.
    Blocked,
    /// A promise is broken.
    Broken(String),
}

/// What a task runs on.
pub struct Cpu<'a> {
    world: RefCell<&'a mut World>,
    record: RefCell<&'a mut Vec<Record>>,
    next: Cell<usize>,
    label: Cell<&'static str>,
    /// What the run came to, once it is over.
    end: RefCell<Option<Run>>,
    /// A call whose first step is the next one.
    begins: Cell<Option<usize>>,
    task: usize,
    /// Runs to the end, and not for one step.
    whole: bool,
    /// What is wrong on purpose.
    pub mutant: Mutant,
}

impl<'a> Cpu<'a> {
    /// Has `task` take its next step, or all. Returns what that came to, and what the step did.
    pub fn run(
        task: usize,
        body: &dyn Fn(&Cpu<'_>),
        world: &'a mut World,
        record: &'a mut Vec<Record>,
        whole: bool,
        mutant: Mutant,
    ) -> (Run, &'static str) {
        let cpu = Cpu {
            world: RefCell::new(world),
            record: RefCell::new(record),
            next: Cell::new(0),
            label: Cell::new(""),
            end: RefCell::new(None),
            begins: Cell::new(None),
            task,
            whole,
            mutant,
        };
        body(&cpu);
        let run = cpu.end.take().unwrap_or(Run::Finished);
        (run, cpu.label.get())
    }

    /// Whether the run is over, so that steps return zero and do nothing.
    pub fn has_ended(&self) -> bool {
        self.end.borrow().is_some()
    }

    fn end(&self, run: Run) -> u64 {
        self.end.replace(Some(run));
        0
    }

    /// Touches the shared state, as one indivisible step; `None` if it has to wait, and then `touch`
    /// changes nothing.
    pub fn step_or_wait(
        &self,
        label: &'static str,
        touch: impl FnOnce(&mut World) -> Option<u64>,
    ) -> u64 {
        if self.has_ended() {
            return 0;
        }
        let at = self.next.get();
        self.next.set(at + 1);
        let begins = self.begins.take();
        match self.record.borrow().get(at) {
            Some(&Record::Step(value)) => return value,
            Some(Record::Call(_)) => panic!("the task does not repeat its own steps"),
            None => {}
        }
        if !self.label.get().is_empty() && !self.whole {
            return self.end(Run::Taken);
        }
        let mut world = self.world.borrow_mut();
        if let Some(upper) = begins {
            world.begin_call(self.task, upper);
        }
        let Some(value) = touch(&mut world) else {
            return self.end(Run::Blocked);
        };
        world.observe();
        self.record.borrow_mut().push(Record::Step(value));
        self.label.set(label);
        value
    }

    /// Touches the shared state, as one indivisible step.
    pub fn step(&self, label: &'static str, touch: impl FnOnce(&mut World) -> u64) -> u64 {
        self.step_or_wait(label, |world| Some(touch(world)))
    }

    /// Reads `part`, as one step if any task ever writes it. If none does, when it is read makes no
    /// difference.
    pub fn read(&self, label: &'static str, part: Part, read: impl FnOnce(&World) -> u64) -> u64 {
        let world = self.world.borrow();
        if self.has_ended() || world.is_written(part) {
            drop(world);
            return self.step(label, |world| read(world));
        }
        read(&world)
    }

    /// Changes the shared state, as one indivisible step.
    pub fn change(&self, label: &'static str, touch: impl FnOnce(&mut World)) {
        self.step(label, |world| {
            touch(world);
            0
        });
    }

    /// Runs `ask`, a call of the protocol about an upper dentry, and has `judge` look at the answer and
    /// at what was true while it ran.
    pub fn call(
        &self,
        upper: usize,
        ask: impl FnOnce() -> bool,
        judge: impl FnOnce(bool, &Call) -> Result<(), String>,
    ) -> bool {
        if self.has_ended() {
            return false;
        }
        let begin = self.next.get();
        if let Some(&Record::Call(answer)) = self.record.borrow().get(begin) {
            self.next.set(begin + 1);
            return answer;
        }
        self.begins.set(Some(upper));
        let answer = ask();
        if self.has_ended() {
            return false;
        }
        let call = self.world.borrow_mut().end_call(self.task);
        if let Err(promise) = judge(answer, &call) {
            self.end(Run::Broken(promise));
            return false;
        }
        let mut record = self.record.borrow_mut();
        record.truncate(begin);
        record.push(Record::Call(answer));
        self.next.set(begin + 1);
        answer
    }
}
