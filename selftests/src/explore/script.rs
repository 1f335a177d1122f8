// SPDX-License-Identifier: GPL-2.0

//! Scripts: the steps of a run, one a line, as `--replay` reads them.

use std::fmt::{self, Display, Formatter};

use super::actors::{self, Actor};
use super::operation::Operation;

/// A step of a script.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// An actor performs an operation, on both sides.
    Act(Act),
    /// The trees are compared.
    Compare,
}

/// An operation and who performs it.
#[derive(Clone, Debug)]
pub struct Act {
    /// Who.
    pub actor: &'static Actor,
    /// What.
    pub operation: Operation,
}

impl PartialEq for Act {
    fn eq(&self, other: &Self) -> bool {
        self.actor.name == other.actor.name && self.operation == other.operation
    }
}

/// The line of [`Step::Compare`].
const COMPARE: &str = "compare";

impl Display for Act {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        write!(f, "{} {}", self.actor.name, self.operation)
    }
}

impl Display for Step {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        match self {
            Step::Act(act) => act.fmt(f),
            Step::Compare => f.write_str(COMPARE),
        }
    }
}

impl Step {
    /// The name by which the coverage counts it.
    pub fn name(&self) -> &'static str {
        match self {
            Step::Act(act) => act.operation.kind.name,
            Step::Compare => COMPARE,
        }
    }

    /// The act, if it is one.
    pub fn act(&self) -> Option<&Act> {
        match self {
            Step::Act(act) => Some(act),
            Step::Compare => None,
        }
    }

    fn parse(line: &str) -> Result<Self, String> {
        if line == COMPARE {
            return Ok(Step::Compare);
        }
        let (actor, operation) = line.split_once(' ').unwrap_or((line, ""));
        let actor = actors::find(actor).ok_or_else(|| format!("there is no actor {actor:?}"))?;
        let operation = Operation::parse(operation)?;
        Ok(Step::Act(Act { actor, operation }))
    }
}

/// Reads a script. Empty lines, and lines that begin with `#`, are no steps.
pub fn parse(text: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let step = Step::parse(line);
        steps.push(step.map_err(|complaint| format!("line {}: {complaint}.", number + 1))?);
    }
    Ok(steps)
}

/// The text of a script.
pub fn text(steps: &[Step]) -> String {
    let lines: Vec<String> = steps.iter().map(Step::to_string).collect();
    lines.join("\n") + "\n"
}
