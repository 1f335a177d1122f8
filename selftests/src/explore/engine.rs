// SPDX-License-Identifier: GPL-2.0

//! Runs a script on both sides, and compares.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::actors::Actor;
use super::coverage::Coverage;
use super::crew::{Crew, Failure};
use super::known::History;
use super::operation::Operation;
use super::script::{Act, Step};
use super::stage::{Side, Site};
use crate::suite::compare_trees;

/// Runs scripts.
pub struct Engine<'a> {
    site: Site<'a>,
    crew: Crew,
    /// What the running script has met.
    history: History,
    /// What the scripts have reached.
    pub coverage: Coverage,
}

/// The operation that reads the events of an actor's watches.
const EVENTS: &str = "events";

/// The operation without which an actor has no events.
const WATCH: &str = "watch";

/// A difference between the two sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// How many steps were run, with the one that differs.
    pub steps: usize,
    /// What differs, in one or more lines.
    pub what: String,
}

/// Why a script has no result.
#[derive(Debug)]
pub enum Stop {
    /// The sides differ.
    Differs(Difference),
    /// The script could not be run.
    Broken(String),
}

/// Why an attempt to run a script has no result.
enum Attempt {
    /// A process has not answered, and it is unknown at which step.
    Silent,
    /// Otherwise.
    Stopped(Stop),
}

impl From<Stop> for Attempt {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl From<Failure> for Attempt {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Silent => Self::Silent,
            Failure::Broken(complaint) => Self::Stopped(Stop::Broken(complaint)),
        }
    }
}

/// Why an act is performed.
#[derive(Clone, Copy, Debug)]
enum Aim {
    /// It is a step of the script.
    Step,
    /// Before a comparison, it reads the events that an actor has not read.
    Events,
    /// After a comparison, it drops the events of it. Taking a snapshot makes events, more of them
    /// on one side.
    Forget,
}

/// What follows from two answers that are equal, or whose difference is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judgement {
    /// The script goes on.
    Continue,
    /// The two sides are different from now on. Nothing more is compared.
    End,
}

/// What is performed from one comparison to the next: the steps of `part`, after those of `before`.
fn tasks(before: &[Step], part: &[Step]) -> Result<Vec<(Act, Aim)>, Stop> {
    let operation = Operation::parse(EVENTS).map_err(Stop::Broken)?;
    let read = |actor, aim| {
        let operation = operation.clone();
        (Act { actor, operation }, aim)
    };
    let forget = watchers(before).map(|actor| read(actor, Aim::Forget));
    let steps = part.iter().filter_map(Step::act);
    let steps = steps.map(|act| (act.clone(), Aim::Step));
    let mut tasks: Vec<(Act, Aim)> = forget.chain(steps).collect();
    let watching: BTreeMap<_, _> = watchers(before)
        .chain(watchers(part))
        .map(|actor| (actor.name, actor))
        .collect();
    tasks.extend(watching.into_values().map(|actor| read(actor, Aim::Events)));
    Ok(tasks)
}

/// The actors that have watches after these steps, some of them several times.
fn watchers(steps: &[Step]) -> impl Iterator<Item = &'static Actor> + '_ {
    let acts = steps.iter().filter_map(Step::act);
    let watching = acts.filter(|act| act.operation.kind.name == WATCH);
    watching.map(|act| act.actor)
}

impl<'a> Engine<'a> {
    /// An engine that works at this site. `program` is `base0fs-selftest`.
    pub fn new(site: Site<'a>, program: PathBuf) -> Self {
        Self {
            crew: Crew::new(program, site.sides.clone()),
            history: History::new(false, site.variation()),
            site,
            coverage: Coverage::default(),
        }
    }

    /// Runs a script, in new directories. The actors perform all steps up to a comparison without
    /// a pause.
    pub fn run(&mut self, steps: &[Step]) -> Result<(), Stop> {
        match self.attempt(steps, false, &mut |_, _| {}) {
            // Now it turns out at which step.
            Err(Attempt::Silent) => self.run_slowly(steps, |_, _| {}),
            Err(Attempt::Stopped(stop)) => Err(stop),
            Ok(()) => Ok(()),
        }
    }

    /// The same, step by step. `tell` gets each act with the answers of the plain directory and of
    /// the mount.
    pub fn run_slowly(
        &mut self,
        steps: &[Step],
        mut tell: impl FnMut(&Act, &[String; 2]),
    ) -> Result<(), Stop> {
        match self.attempt(steps, true, &mut tell) {
            Err(Attempt::Silent) => unreachable!("a single step has an answer"),
            Err(Attempt::Stopped(stop)) => Err(stop),
            Ok(()) => Ok(()),
        }
    }

    fn attempt(
        &mut self,
        steps: &[Step],
        slowly: bool,
        tell: &mut dyn FnMut(&Act, &[String; 2]),
    ) -> Result<(), Attempt> {
        let stage = self.site.stage().map_err(Stop::Broken)?;
        let is_in_tmpfs = stage.is_in_tmpfs().map_err(Stop::Broken)?;
        self.history = History::new(is_in_tmpfs, self.site.variation());
        self.coverage.begin();
        let outcome = self.perform(steps, slowly, tell);
        self.crew.end();
        outcome?;
        stage.strike().map_err(|what| {
            let steps = steps.len();
            Stop::Differs(Difference { steps, what }).into()
        })
    }

    /// Runs the steps. Compares the trees at the end, unless a known difference ends the script.
    fn perform(
        &mut self,
        steps: &[Step],
        slowly: bool,
        tell: &mut dyn FnMut(&Act, &[String; 2]),
    ) -> Result<(), Attempt> {
        let mut done = 0;
        for part in steps.split(|step| *step == Step::Compare) {
            // With the comparison, unless it is that at the end.
            let end = (done + part.len() + 1).min(steps.len());
            let tasks = tasks(&steps[..done], part)?;
            let at_once = if slowly { 1 } else { tasks.len().max(1) };
            for tasks in tasks.chunks(at_once) {
                let acts: Vec<&Act> = tasks.iter().map(|(act, _)| act).collect();
                let answers = self.crew.perform(&acts)?;
                for ((act, aim), answers) in tasks.iter().zip(&answers) {
                    let after = match aim {
                        Aim::Forget => continue,
                        Aim::Events => end,
                        Aim::Step => {
                            done += 1;
                            tell(act, answers);
                            self.coverage.count(act.operation.kind.name, &answers[0]);
                            self.history.note(act, &answers[0]);
                            done
                        }
                    };
                    if self.judge(act, answers, after)? == Judgement::End {
                        return Ok(());
                    }
                }
            }
            done = end;
            self.compare_trees()
                .map_err(|what| Stop::Differs(Difference { steps: end, what }))?;
        }
        Ok(())
    }

    fn judge(&mut self, act: &Act, answers: &[String; 2], steps: usize) -> Result<Judgement, Stop> {
        let [plain, mount] = answers;
        if plain == mount {
            return Ok(Judgement::Continue);
        }
        let name = act.operation.kind.name;
        if let Some(known) = self.history.explains(name, plain, mount) {
            self.coverage.count_known(known.name);
            return Ok(match known.ends {
                true => Judgement::End,
                false => Judgement::Continue,
            });
        }
        let what = format!(
            "{} {}:\n  the plain directory answers {plain},\n  the mount {mount}",
            act.actor.name, act.operation
        );
        Err(Stop::Differs(Difference { steps, what }))
    }

    /// Compares the plain directory with the lower one, and the lower one with the mount.
    fn compare_trees(&self) -> Result<(), String> {
        let wrong = compare_trees(
            &self.site.sides.top(Side::Plain, true),
            &self.site.sides.top(Side::Mount, true),
            &self.site.sides.top(Side::Mount, false),
        )?;
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(wrong.join("\n")),
        }
    }
}
