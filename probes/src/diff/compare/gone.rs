// SPDX-License-Identifier: GPL-2.0

//! Names that the new kernel does not have, and what may have become of them.

use super::super::c;
use super::super::change::{Change, Part};
use super::super::form::Form;
use super::super::items::Kind;
use super::documents::DOCUMENTS;
use super::{first_place, Comparison};
use std::collections::BTreeSet;

impl Comparison<'_> {
    /// Looks for what has become of names that the new headers do not have.
    pub(super) fn gone(&self, gone: &[&str], changes: &mut Vec<Change>) {
        if gone.is_empty() {
            return;
        }
        let elsewhere = self.new.search(&gone.iter().copied().collect());
        let come: Vec<(Form, &str)> = {
            let items = self.new.headers().iter().flat_map(|file| &file.items);
            let names: BTreeSet<&str> = items.map(|item| item.name.as_str()).collect();
            let new = names
                .into_iter()
                .filter(|name| Form::of(self.old, name) == Form::Absent);
            new.map(|name| (Form::of(self.new, name), name)).collect()
        };
        let porting = self.new.text(DOCUMENTS[0]).unwrap_or_default();
        for name in gone {
            let old = first_place(self.old, name);
            let mut change = self
                .change(Part::Gone, name, Form::of(self.old, name).name())
                .at(&old, "");
            let read = self
                .new
                .all(name)
                .filter(|it| matches!(it.item.kind, Kind::Function));
            let read = read.map(|it| format!("static in {}", it.place()));
            let still = elsewhere
                .iter()
                .filter(|(it, _)| it == name)
                .map(|(_, place)| place.clone());
            let still: Vec<String> = read.chain(still).take(3).collect();
            if !still.is_empty() {
                change
                    .lines
                    .push(format!(" it is still {}", still.join(", ")));
            }
            let near = nearest(name, Form::of(self.old, name), &come);
            if !near.is_empty() {
                let near: Vec<String> = near
                    .into_iter()
                    .map(|name| format!("{name} ({})", first_place(self.new, name)))
                    .collect();
                change
                    .lines
                    .push(format!(" near new names: {}", near.join(", ")));
            }
            for (at, line) in porting.lines().enumerate() {
                if c::words(line).any(|(word, _)| word == *name) {
                    change
                        .lines
                        .push(format!(" {}:{}: {}", DOCUMENTS[0], at + 1, line.trim()));
                }
            }
            changes.push(change);
        }
    }
}

/// The new names of the same form that share most words with a name, the nearest first.
fn nearest<'n>(name: &str, form: Form, come: &[(Form, &'n str)]) -> Vec<&'n str> {
    let words = |name: &str| {
        name.split('_')
            .map(str::to_lowercase)
            .collect::<BTreeSet<_>>()
    };
    let own = words(name);
    let alike = |other: Form| other == form || (other.is_function() && form.is_function());
    let mut near: Vec<(usize, &str)> = come
        .iter()
        .filter(|(other, _)| alike(*other))
        .map(|(_, other)| {
            let others = words(other);
            let shared = own.intersection(&others).filter(|word| word.len() > 1);
            // In percent of all words of both.
            (200 * shared.count() / (own.len() + others.len()), *other)
        })
        .filter(|(score, _)| *score >= 50)
        .collect();
    near.sort_by_key(|(score, name)| (std::cmp::Reverse(*score), *name));
    near.into_iter().take(3).map(|(_, name)| name).collect()
}
