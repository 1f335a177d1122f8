// SPDX-License-Identifier: GPL-2.0

//! What the scripts have reached: results of each operation, and which operation followed which.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};

use super::kinds;
use super::operation::Kind;
use super::word::Domain;

/// How many results have their share of all steps shown.
const SHARES: usize = 8;

/// Counts of what was reached.
#[derive(Debug, Default)]
pub struct Coverage {
    /// How many steps were run.
    pub steps: usize,
    results: BTreeMap<&'static str, BTreeMap<String, usize>>,
    pairs: BTreeSet<(&'static str, &'static str)>,
    known: BTreeMap<&'static str, usize>,
    last: Option<&'static str>,
}

impl Coverage {
    /// A new script: its first operation follows none.
    pub fn begin(&mut self) {
        self.last = None;
    }

    /// Counts an operation and its answer.
    pub fn count(&mut self, name: &'static str, answer: &str) {
        self.steps += 1;
        let results = self.results.entry(name).or_default();
        *results.entry(class(answer)).or_default() += 1;
        if let Some(last) = self.last.replace(name) {
            self.pairs.insert((last, name));
        }
    }

    /// Counts a known difference.
    pub fn count_known(&mut self, name: &'static str) {
        *self.known.entry(name).or_default() += 1;
    }
}

impl Coverage {
    /// What was never reached: success, and errors that an operation with such arguments can have.
    fn holes(&self) -> Vec<String> {
        let hole = |kind: &Kind| {
            let reached = self.results.get(kind.name);
            let has = |result: &str| reached.is_some_and(|results| results.contains_key(result));
            let never: Vec<&str> = can_be(kind).filter(|result| !has(result)).collect();
            (!never.is_empty()).then(|| format!("{} has never had {}", kind.name, never.join(", ")))
        };
        kinds::all().filter_map(hole).collect()
    }
}

/// Success, and the errors of path walks for a kind that takes a path.
fn can_be(kind: &Kind) -> impl Iterator<Item = &'static str> {
    let takes_path = |domain: &Domain| matches!(domain, Domain::Place);
    let errors: &[&str] = match kind.arguments.iter().any(takes_path) {
        true => &["ENOENT", "ENOTDIR", "EACCES", "ELOOP", "ENAMETOOLONG"],
        false => &[],
    };
    std::iter::once(SUCCESS).chain(errors.iter().copied())
}

/// The class of all answers that are no error.
pub const SUCCESS: &str = "success";

/// Errors by their names, and everything else together.
pub fn class(answer: &str) -> String {
    let is_error = answer.starts_with('E')
        && answer
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let is_special =
        answer == "nothing open" || answer.starts_with("left out") || answer.starts_with("errno");
    match is_error || is_special {
        true => answer.to_owned(),
        false => SUCCESS.to_owned(),
    }
}

impl Display for Coverage {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let kinds = kinds::all().count();
        let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
        for kind in kinds::all() {
            let counts = self.results.get(kind.name);
            for (result, count) in counts.into_iter().flatten() {
                *classes.entry(result).or_default() += count;
            }
            let shown: Vec<String> = counts
                .into_iter()
                .flatten()
                .map(|(result, count)| format!("{result} {count}"))
                .collect();
            match shown.is_empty() {
                true => writeln!(f, "# {:<14} never", kind.name)?,
                false => writeln!(f, "# {:<14} {}", kind.name, shown.join(", "))?,
            }
        }
        for hole in self.holes() {
            writeln!(f, "# hole: {hole}")?;
        }
        for (name, count) in &self.known {
            writeln!(f, "# known difference {name}: {count}")?;
        }
        let mut classes: Vec<_> = classes.into_iter().collect();
        classes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let shares = classes.iter().take(SHARES).map(|(result, count)| {
            format!(
                "{result} {:.1} %",
                100.0 * *count as f64 / self.steps.max(1) as f64
            )
        });
        writeln!(
            f,
            "# all operations: {}",
            shares.collect::<Vec<_>>().join(", ")
        )?;
        writeln!(
            f,
            "# {} steps, {} of {} pairs of operations",
            self.steps,
            self.pairs.len(),
            kinds * kinds
        )
    }
}
