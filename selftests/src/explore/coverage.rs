// SPDX-License-Identifier: GPL-2.0

//! What the scripts have reached: results of each operation, and which operation followed which.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};

use super::kinds;

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

/// Errors by their names, and everything else together.
fn class(answer: &str) -> String {
    let is_error = answer.starts_with('E')
        && answer
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let is_special =
        answer == "nothing open" || answer.starts_with("left out") || answer.starts_with("errno");
    match is_error || is_special {
        true => answer.to_owned(),
        false => "success".to_owned(),
    }
}

impl Display for Coverage {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let kinds = kinds::all().count();
        for kind in kinds::all() {
            let counts = self.results.get(kind.name);
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
        for (name, count) in &self.known {
            writeln!(f, "# known difference {name}: {count}")?;
        }
        writeln!(
            f,
            "# {} steps, {} of {} pairs of operations",
            self.steps,
            self.pairs.len(),
            kinds * kinds
        )
    }
}
