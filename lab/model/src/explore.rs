// SPDX-License-Identifier: GPL-2.0

//! Explores all interleavings: every state that the tasks can reach together, once, depth first.

use std::{
    cell::Cell,
    collections::HashSet,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::{
    executor::{Executor, LogEntry, Outcome},
    mutant::Mutant,
    state::{Lock, SharedState},
    walk,
};

/// A task: its name, and what it does.
pub type Task = (&'static str, Box<dyn Fn(&Executor<'_>)>);

/// Groups of upper dentries. The walks of a group run concurrently.
pub type Walks = &'static [&'static [usize]];

/// Some tasks and their initial state.
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// The initial state.
    pub state: SharedState,
    /// The tasks.
    pub tasks: Vec<Task>,
    /// The walks. The groups are explored one after the other, because walks to different dentries
    /// do not affect each other.
    pub walks: Walks,
}

/// A scenario with one group of its walks.
struct Exploration<'a> {
    scenario: &'a Scenario,
    tasks: Vec<(&'static str, Body<'a>)>,
    mutant: Mutant,
}

type Body<'a> = Box<dyn Fn(&Executor<'_>) + 'a>;

/// A task with more steps than this does not terminate.
const MAX_STEPS: usize = 200;

/// The state of one task.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
struct TaskState {
    log: Vec<LogEntry>,
    finished: bool,
}

/// The shared state and the states of all tasks.
#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    shared: SharedState,
    tasks: Vec<TaskState>,
}

/// The name of a task, and the label of its step.
type Step = (&'static str, &'static str);

/// A violated property, and the steps that lead to the violation.
pub struct Violation {
    property: String,
    steps: Vec<Step>,
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}, after", self.property)?;
        for (task, step) in &self.steps {
            writeln!(out, "    {task}: {step}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// A state on the stack of the depth-first search.
struct Frame {
    state: State,
    /// The task whose step is to be tried next.
    next: usize,
    /// How many tasks had to wait.
    blocked: usize,
    /// The step that led here.
    step: Step,
}

impl Frame {
    fn new(state: State, step: Step) -> Self {
        Self {
            state,
            next: 0,
            blocked: 0,
            step,
        }
    }
}

/// Why an exploration stops early.
enum Stop {
    /// A property is violated, after this last step.
    Violated(String, Step),
    /// A task has written variables that were taken for constant, given as bits.
    Unexpected(u64),
}

impl Scenario {
    /// Explores all states. Returns how many there are.
    ///
    /// # Errors
    ///
    /// The first violation that is found.
    pub fn explore(&self, mutant: Mutant) -> Result<usize, Violation> {
        let explorations = self.walks.iter().map(|walks| {
            let tasks = self.tasks.iter().map(|(name, body)| {
                let body: Body<'_> = Box::new(body);
                (*name, body)
            });
            let walks = walks.iter().map(|&upper| {
                let body: Body<'_> = Box::new(move |exec: &Executor<'_>| {
                    walk::is_in_sync(exec, upper);
                });
                ("walk", body)
            });
            Exploration {
                scenario: self,
                tasks: tasks.chain(walks).collect(),
                mutant,
            }
        });
        explorations.map(|exploration| exploration.run()).sum()
    }
}

impl Exploration<'_> {
    fn run(&self) -> Result<usize, Violation> {
        // Reads of variables that no task ever writes need no steps. Start with none that is
        // written, and start again with those that turn out to be.
        let mut written = 0;
        loop {
            let mut stack = Vec::new();
            match self.search(written, &mut stack) {
                Ok(states) => return Ok(states),
                Err(Stop::Unexpected(unexpected)) => written |= unexpected,
                Err(Stop::Violated(property, last)) => {
                    let steps = stack.iter().map(|frame| frame.step).chain([last]);
                    return Err(Violation {
                        property,
                        steps: steps.filter(|(task, _)| !task.is_empty()).collect(),
                    });
                }
            }
        }
    }

    /// Searches depth first. Returns the number of states. On an error, `stack` is the way to it.
    fn search(&self, written: u64, stack: &mut Vec<Frame>) -> Result<usize, Stop> {
        // States with equal 64-bit hashes count as equal. With a million states, that confuses two
        // of them once in 30 million searches.
        let mut known = HashSet::<u64>::new();
        let mut start = State {
            shared: self.scenario.state.clone(),
            tasks: vec![TaskState::default(); self.tasks.len()],
        };
        start.shared.written = written;
        stack.push(Frame::new(start, ("", "")));
        while let Some(frame) = stack.last_mut() {
            if frame.next == self.tasks.len() {
                self.check_explored(frame)?;
                stack.pop();
                continue;
            }
            let task = frame.next;
            frame.next += 1;
            if frame.state.tasks[task].finished {
                continue;
            }
            let mut state = frame.state.clone();
            match self.step(task, &mut state)? {
                None => frame.blocked += 1,
                Some(step) => {
                    if known.insert(hash(&state)) {
                        stack.push(Frame::new(state, step));
                    }
                }
            }
        }
        Ok(known.len() + 1)
    }

    /// Has `task` take a step in `state`, and checks the properties that hold in every state.
    /// Returns `None` if the task has to wait.
    fn step(&self, task: usize, state: &mut State) -> Result<Option<Step>, Stop> {
        let (name, body) = &self.tasks[task];
        let task_state = &mut state.tasks[task];
        let (outcome, label) = Executor::run(
            task,
            &**body,
            &mut state.shared,
            &mut task_state.log,
            false,
            self.mutant,
        );
        let step = (*name, label);
        if state.shared.unexpected != 0 {
            return Err(Stop::Unexpected(state.shared.unexpected));
        }
        match outcome {
            Outcome::Blocked => return Ok(None),
            Outcome::Violated(property) => return Err(Stop::Violated(property, step)),
            Outcome::Finished => {
                task_state.log = Vec::new();
                task_state.finished = true;
            }
            Outcome::Stepped => {}
        }
        if task_state.log.len() > MAX_STEPS {
            let property = "a task does not terminate".to_owned();
            return Err(Stop::Violated(property, step));
        }
        for upper in 0..state.shared.upper.len() {
            if walk::verifier_is_false(&state.shared, upper) {
                let property = format!("the verifier of upper dentry {upper} is false");
                return Err(Stop::Violated(property, step));
            }
        }
        Ok(Some(step))
    }

    /// Checks a state after the steps of all tasks were tried in it: either a task could take a
    /// step, or all have finished, with the right result.
    fn check_explored(&self, frame: &Frame) -> Result<(), Stop> {
        let tasks = &frame.state.tasks;
        let unfinished = tasks.iter().filter(|task| !task.finished).count();
        let result = if unfinished == 0 {
            self.check_end(&frame.state.shared)
        } else if unfinished == frame.blocked {
            Err("all tasks wait for each other".to_owned())
        } else {
            Ok(())
        };
        result.map_err(|property| Stop::Violated(property, ("", "")))
    }

    /// Checks the state after all tasks have finished: no lock is held, and the protocol gives the
    /// right answer for each pair.
    fn check_end(&self, state: &SharedState) -> Result<(), String> {
        let is_free = |lock: &Lock| !lock.writer && lock.readers == 0;
        if !state
            .lower_dirs
            .iter()
            .chain(&state.upper_dirs)
            .all(is_free)
        {
            return Err("a lock is held at the end".to_owned());
        }
        for upper in 0..state.upper.len() {
            let is_in_sync = state.is_in_sync(upper);
            if self.call(state, &|exec| walk::is_unchanged(exec, upper))? && !is_in_sync {
                return Err(format!(
                    "is_unchanged() of upper dentry {upper} is wrong at the end"
                ));
            }
            if self.call(state, &|exec| walk::is_in_sync(exec, upper))? != is_in_sync {
                return Err(format!(
                    "is_in_sync() of upper dentry {upper} is wrong at the end"
                ));
            }
        }
        Ok(())
    }

    /// Runs a call of the protocol on a copy of `state`, alone. Returns its answer.
    fn call(
        &self,
        state: &SharedState,
        call: &dyn Fn(&Executor<'_>) -> bool,
    ) -> Result<bool, String> {
        let mut state = state.clone();
        let answer = Cell::new(false);
        let body = |exec: &Executor<'_>| answer.set(call(exec));
        let task = self.tasks.len();
        match Executor::run(task, &body, &mut state, &mut Vec::new(), true, self.mutant).0 {
            Outcome::Finished => Ok(answer.get()),
            other => Err(format!("a call at the end has the outcome {other:?}")),
        }
    }
}

fn hash(state: &State) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}
