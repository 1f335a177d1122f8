// SPDX-License-Identifier: GPL-2.0

//! Runs a script on both sides, and compares.

use std::path::{Path, PathBuf};

use super::coverage::Coverage;
use super::crew::Crew;
use super::known;
use super::operation::Operation;
use super::script::{Act, Step};
use super::stage::{Side, Sides, Stage};
use super::variation::Variation;
use crate::layer::Layer;
use crate::suite::compare_views;
use crate::tree::{self, Detail};

/// Runs scripts.
pub struct Engine<'a> {
    layer: &'a dyn Layer,
    variation: Variation,
    scratch: PathBuf,
    sides: Sides,
    crew: Crew,
    /// What the scripts have reached.
    pub coverage: Coverage,
}

/// The operation that reads the events of an actor's watches.
const EVENTS: &str = "events";

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

impl<'a> Engine<'a> {
    /// An engine that works in the directory `scratch`. `program` is `base0fs-selftest`.
    pub fn new(
        layer: &'a dyn Layer,
        variation: Variation,
        scratch: &Path,
        program: PathBuf,
    ) -> Result<Self, String> {
        let sides = Sides::new(scratch)?;
        Ok(Self {
            layer,
            variation,
            scratch: scratch.to_owned(),
            crew: Crew::new(program, sides.clone()),
            sides,
            coverage: Coverage::default(),
        })
    }

    /// Runs a script, in new directories. `tell` gets each step with the answers of the plain
    /// directory and of the mount.
    pub fn run(
        &mut self,
        steps: &[Step],
        mut tell: impl FnMut(&Step, &[String; 2]),
    ) -> Result<(), Stop> {
        let stage = Stage::new(&self.scratch, &self.sides, self.layer, self.variation)
            .map_err(Stop::Broken)?;
        self.coverage.begin();
        let outcome = self.perform(steps, &mut tell);
        self.crew.end();
        let differs = |what| {
            Stop::Differs(Difference {
                steps: steps.len(),
                what,
            })
        };
        outcome.and_then(|()| stage.strike().map_err(differs))
    }

    /// Runs the steps. Compares the trees at the end in any case.
    fn perform(
        &mut self,
        steps: &[Step],
        tell: &mut impl FnMut(&Step, &[String; 2]),
    ) -> Result<(), Stop> {
        for (at, step) in steps.iter().enumerate() {
            match step {
                Step::Compare => self.compare(at + 1)?,
                Step::Act(act) => {
                    let answers = self.answers(act)?;
                    tell(step, &answers);
                    self.coverage.count(act.operation.kind.name, &answers[0]);
                    self.judge(act, &answers, at + 1)?;
                }
            }
        }
        self.compare(steps.len())
    }

    fn answers(&mut self, act: &Act) -> Result<[String; 2], Stop> {
        let operation = act.operation.to_string();
        let answers = self.crew.perform(act.actor, &operation);
        answers.map_err(Stop::Broken)
    }

    /// Compares the trees, and before that the events that the actors have not read. Taking a
    /// snapshot makes events too, more of them on one side, which are dropped.
    fn compare(&mut self, steps: usize) -> Result<(), Stop> {
        let operation = Operation::parse(EVENTS).map_err(Stop::Broken)?;
        let act = |actor| Act {
            actor,
            operation: operation.clone(),
        };
        for actor in self.crew.present() {
            let act = act(actor);
            let answers = self.answers(&act)?;
            self.judge(&act, &answers, steps)?;
        }
        self.compare_trees()
            .map_err(|what| Stop::Differs(Difference { steps, what }))?;
        for actor in self.crew.present() {
            self.answers(&act(actor))?;
        }
        Ok(())
    }

    fn judge(&mut self, act: &Act, answers: &[String; 2], steps: usize) -> Result<(), Stop> {
        let [plain, mount] = answers;
        if plain == mount {
            return Ok(());
        }
        if let Some(known) = known::explains(act, plain, mount) {
            self.coverage.count_known(known);
            return Ok(());
        }
        let what = format!(
            "{} {}:\n  the plain directory answers {plain},\n  the mount {mount}",
            act.actor.name, act.operation
        );
        Err(Stop::Differs(Difference { steps, what }))
    }

    /// Compares the plain directory with the lower one, and the lower one with the mount.
    fn compare_trees(&self) -> Result<(), String> {
        let (mount, lower) = (
            self.sides.top(Side::Mount, false),
            self.sides.top(Side::Mount, true),
        );
        let mut wrong = compare_views(&mount, &lower)?;
        wrong.extend(tree::differences(
            (
                "the plain directory",
                &tree::snapshot(&self.sides.top(Side::Plain, true), Detail::TwoTrees)?,
            ),
            (
                "the lower directory",
                &tree::snapshot(&lower, Detail::TwoTrees)?,
            ),
        ));
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(wrong.join("\n")),
        }
    }
}
