// SPDX-License-Identifier: GPL-2.0

//! Values of macros and of constants of enums, and declarations of variables.

use super::super::c::code;
use super::super::change::{Change, Part};
use super::super::items::Kind;
use super::super::value::evaluated;
use super::{tidy, Comparison};
use std::collections::BTreeSet;

impl Comparison<'_> {
    /// Compares the values of macros and constants of enums.
    pub(super) fn values(&self, name: &str, constant: &str, changes: &mut Vec<Change>) {
        let kinds = [Kind::Macro, Kind::Constant];
        let (old, new) = (
            self.old.declared(constant, &kinds),
            self.new.declared(constant, &kinds),
        );
        let values = [&old, &new].map(|found| {
            let values = found.iter().map(|it| evaluated(&it.item.value));
            values.collect::<BTreeSet<_>>()
        });
        if old.is_empty() || new.is_empty() {
            return;
        }
        let places = (old[0].place(), new[0].place());
        if values[0] == values[1] {
            let change = self.comments(name, "comment", &old[0], &new[0]);
            changes.extend(change.filter(|_| old[0].item.kind == Kind::Macro));
            return;
        }
        let mut change = self
            .change(Part::Value, name, "value")
            .at(&places.0, &places.1);
        for (mark, these, others) in [('-', 0, 1), ('+', 1, 0)] {
            let only = values[these].difference(&values[others]);
            change
                .lines
                .extend(only.map(|value| format!("{mark}{}", tidy(value))));
        }
        changes.push(change);
    }

    /// Compares the declaration of a variable.
    pub(super) fn variable(&self, name: &str, changes: &mut Vec<Change>) {
        let [old, new] = [self.old, self.new].map(|tree| tree.declared(name, &[Kind::Variable]));
        let (old, new) = (old[0], new[0]);
        let codes = [code(old.head()), code(new.head())];
        if codes[0] != codes[1] {
            let mut change = self.change(Part::Prototype, name, "declaration");
            change.lines = vec![
                format!("-{}", tidy(&codes[0])),
                format!("+{}", tidy(&codes[1])),
            ];
            changes.push(change.at(&old.place(), &new.place()));
        }
    }
}
