// SPDX-License-Identifier: GPL-2.0

//! All interleavings: each state that the tasks can reach together, once.

use std::{
    collections::HashSet,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::{
    cpu::{self, Cpu, Record},
    mutant::Mutant,
    walk,
    world::World,
};

/// A task: a name for people, and what it does.
pub type Task = (&'static str, Box<dyn Fn(&Cpu<'_>)>);

/// Groups of upper dentries that are walked to at once.
pub type Walks = &'static [&'static [usize]];

/// Some tasks, and what they start from.
pub struct Scenario {
    /// A name for people.
    pub name: &'static str,
    /// The state that they start from.
    pub world: World,
    /// The tasks.
    pub tasks: Vec<Task>,
    /// The walks: a group after the other, since walks to different dentries have nothing in common.
    pub walks: Walks,
}

/// A scenario with one group of its walks.
struct Run<'a> {
    scenario: &'a Scenario,
    tasks: Vec<(&'static str, Body<'a>)>,
    mutant: Mutant,
}

type Body<'a> = Box<dyn Fn(&Cpu<'_>) + 'a>;

/// No task takes this many steps, unless it goes on for ever.
const ENDLESS: usize = 200;

/// How far a task has come.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
struct Progress {
    record: Vec<Record>,
    finished: bool,
}

/// A state of all tasks.
#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    world: World,
    tasks: Vec<Progress>,
}

/// A task, and what it did.
type Step = (&'static str, &'static str);

/// A broken promise, and how it came about.
pub struct Broken {
    promise: String,
    steps: Vec<Step>,
}

impl fmt::Display for Broken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}, after", self.promise)?;
        for (task, step) in &self.steps {
            writeln!(out, "    {task}: {step}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Broken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// A state whose successors are being looked at.
struct Open {
    state: State,
    next: usize,
    blocked: usize,
    step: Step,
}

impl Scenario {
    /// Goes through all states. Returns how many there are.
    ///
    /// # Errors
    ///
    /// The first promise that is found broken.
    pub fn explore(&self, mutant: Mutant) -> Result<usize, Broken> {
        let runs = self.walks.iter().map(|walks| {
            let tasks = self.tasks.iter().map(|(name, body)| {
                let body: Body<'_> = Box::new(body);
                (*name, body)
            });
            let walks = walks.iter().map(|&upper| {
                let body: Body<'_> = Box::new(move |cpu: &Cpu<'_>| {
                    walk::sync(cpu, upper);
                });
                ("walk", body)
            });
            Run {
                scenario: self,
                tasks: tasks.chain(walks).collect(),
                mutant,
            }
        });
        runs.map(|run| run.explore()).sum()
    }
}

impl Run<'_> {
    fn explore(&self) -> Result<usize, Broken> {
        // What no task ever writes need not be read in steps. What is written is found out by trying.
        let mut written = 0;
        loop {
            match self.explore_with(written)? {
                Ok(states) => return Ok(states),
                Err(unexpected) => written |= unexpected,
            }
        }
    }

    fn explore_with(&self, written: u64) -> Result<Result<usize, u64>, Broken> {
        // Two states with the same 64 bits are taken for one; of a million states two have them once in
        // 30 million runs.
        let mut known = HashSet::<u64>::new();
        let mut start = State {
            world: self.scenario.world.clone(),
            tasks: vec![Progress::default(); self.tasks.len()],
        };
        start.world.written = written;
        let mut open = vec![Open {
            state: start,
            next: 0,
            blocked: 0,
            step: ("", ""),
        }];
        while let Some(last) = open.last_mut() {
            let task = last.next;
            if task == self.tasks.len() {
                let is_over = last.state.tasks.iter().all(|task| task.finished);
                let is_stuck = !is_over && {
                    let waiting = last.state.tasks.iter().filter(|task| !task.finished);
                    waiting.count() == last.blocked
                };
                let end = if is_stuck {
                    Err("all tasks wait for each other".to_owned())
                } else if is_over {
                    self.judge_end(&last.state.world)
                } else {
                    Ok(())
                };
                if let Err(promise) = end {
                    return Err(broken(promise, &open, ("", "")));
                }
                open.pop();
                continue;
            }
            last.next += 1;
            if last.state.tasks[task].finished {
                continue;
            }
            let mut state = last.state.clone();
            let (run, label) = Cpu::run(
                task,
                &*self.tasks[task].1,
                &mut state.world,
                &mut state.tasks[task].record,
                false,
                self.mutant,
            );
            let step = (self.tasks[task].0, label);
            if state.world.unexpected != 0 {
                return Ok(Err(state.world.unexpected));
            }
            match run {
                cpu::Run::Blocked => {
                    last.blocked += 1;
                    continue;
                }
                cpu::Run::Broken(promise) => return Err(broken(promise, &open, step)),
                cpu::Run::Finished => {
                    state.tasks[task].record = Vec::new();
                    state.tasks[task].finished = true;
                }
                cpu::Run::Taken => {}
            }
            if state.tasks[task].record.len() > ENDLESS {
                return Err(broken("a task goes on for ever".to_owned(), &open, step));
            }
            if let Some(lie) = (0..state.world.upper.len()).find(|&at| walk::lies(&state.world, at))
            {
                let promise = format!("what is remembered of upper dentry {lie} is not true");
                return Err(broken(promise, &open, step));
            }
            if known.insert(hash(&state)) {
                open.push(Open {
                    state,
                    next: 0,
                    blocked: 0,
                    step,
                });
            }
        }
        Ok(Ok(known.len() + 1))
    }

    /// When all is over, the protocol has to know the truth.
    fn judge_end(&self, world: &World) -> Result<(), String> {
        let idle = |lock: &crate::world::Lock| !lock.writer && lock.readers == 0;
        if !world.lower_dirs.iter().chain(&world.upper_dirs).all(idle) {
            return Err("a lock is held when all is over".to_owned());
        }
        for upper in 0..world.upper.len() {
            let truth = world.is_in_sync(upper);
            let ask = |ask: &dyn Fn(&Cpu<'_>) -> bool| {
                let mut world = world.clone();
                let answer = std::cell::Cell::new(false);
                let body = |cpu: &Cpu<'_>| answer.set(ask(cpu));
                let task = self.tasks.len();
                match Cpu::run(task, &body, &mut world, &mut Vec::new(), true, self.mutant).0 {
                    cpu::Run::Finished => Ok(answer.get()),
                    other => Err(format!("a call when all is over ends with {other:?}")),
                }
            };
            if ask(&|cpu| walk::is_unchanged(cpu, upper))? && !truth {
                return Err(format!(
                    "upper dentry {upper} passes for unchanged when all is over"
                ));
            }
            if ask(&|cpu| walk::sync(cpu, upper))? != truth {
                return Err(format!(
                    "sync() of upper dentry {upper} is wrong when all is over"
                ));
            }
        }
        Ok(())
    }
}

fn hash(state: &State) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}

fn broken(promise: String, open: &[Open], step: Step) -> Broken {
    let steps = open.iter().map(|open| open.step).chain([step]);
    Broken {
        promise,
        steps: steps.filter(|step| !step.0.is_empty()).collect(),
    }
}
