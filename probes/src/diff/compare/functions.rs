// SPDX-License-Identifier: GPL-2.0

//! Functions: prototypes, bodies, comments and exports.

use super::super::c::code;
use super::super::change::{Change, Part};
use super::super::items::Kind;
use super::super::members::{parameters, prototype};
use super::super::tree::{Found, Tree};
use super::{first_place, pairs, tidy, whole, Comparison};
use std::collections::BTreeMap;

impl Comparison<'_> {
    /// Compares the prototype, the body and the comments of a function.
    pub(super) fn function(&self, name: &str, changes: &mut Vec<Change>) {
        let kinds = [Kind::Prototype, Kind::Function];
        let heads = |tree: &Tree| -> BTreeMap<String, String> {
            let declared = tree.declared(name, &kinds);
            let heads = declared
                .iter()
                .map(|it| (prototype(it.head(), name), it.place()));
            heads.collect()
        };
        let (old, new) = (heads(self.old), heads(self.new));
        let mut retyped = None;
        if old.keys().eq(new.keys()) {
            self.parameters(name, changes);
        } else {
            let mut change = self.change(Part::Prototype, name, "prototype");
            for (mark, these, others) in [('-', &old, &new), ('+', &new, &old)] {
                for (head, place) in these.iter().filter(|(head, _)| !others.contains_key(*head)) {
                    change.lines.push(format!("{mark}{}", tidy(head)));
                    change = match mark {
                        '-' => change.at(place, ""),
                        _ => change.at("", place),
                    };
                }
            }
            retyped = Some(change);
        }
        let (old, new) = (self.old.defined(name), self.new.defined(name));
        for (old, new) in pairs(&old, &new) {
            match (self.body(name, &old, &new), &mut retyped) {
                (Some(body), Some(retyped)) => retyped.take(body),
                (body, _) => changes.extend(body),
            }
        }
        changes.extend(retyped);
        let prototypes = [self.old, self.new].map(|tree| tree.declared(name, &[Kind::Prototype]));
        for (old, new) in pairs(&prototypes[0], &prototypes[1]) {
            changes.extend(self.comments(name, "comment at the prototype", &old, &new));
        }
    }

    /// Compares the names of parameters, which may have another meaning.
    fn parameters(&self, name: &str, changes: &mut Vec<Change>) {
        let kinds = [Kind::Prototype, Kind::Function];
        let (old, new) = (
            self.old.declared(name, &kinds),
            self.new.declared(name, &kinds),
        );
        let (Some(old), Some(new)) = (old.first(), new.first()) else {
            return;
        };
        let names = [old, new].map(|it| parameters(it.head(), name));
        if names[0].len() == names[1].len() && names[0] != names[1] {
            let mut change = self.change(Part::Comment, name, "names of parameters");
            change.lines = [('-', &names[0]), ('+', &names[1])]
                .map(|(mark, names)| format!("{mark}{}", names.join(", ")))
                .to_vec();
            changes.push(change.at(&old.place(), &new.place()));
        }
    }

    /// Compares two definitions of a function.
    fn body(&self, name: &str, old: &Found<'_>, new: &Found<'_>) -> Option<Change> {
        let part = match new.item.is_inline {
            true => Part::Inline,
            false => Part::Body,
        };
        let what = if code(old.body()) != code(new.body()) {
            "body".to_string()
        } else if old.item.conditions != new.item.conditions {
            let conditions = [old, new].map(|it| match it.item.conditions.as_str() {
                "" => "always",
                conditions => conditions,
            });
            format!(
                "compiled under another condition: {} -> {}",
                conditions[0], conditions[1]
            )
        } else {
            return self.comments(name, "comment", old, new);
        };
        Some(whole(part, name, &what, old, new).used_in(&self.names.files(name)))
    }

    /// Compares how a function is exported.
    pub(super) fn export(&self, name: &str, changes: &mut Vec<Change>) {
        let (Some(old), Some(new)) = (self.old.export(name), self.new.export(name)) else {
            return;
        };
        if old != new {
            let [old, new] = [old, new].map(|export| match export.as_str() {
                "" => "not exported".to_string(),
                _ => export,
            });
            let what = format!("{old} -> {new}");
            let places = (first_place(self.old, name), first_place(self.new, name));
            changes.push(
                self.change(Part::Export, name, &what)
                    .at(&places.0, &places.1),
            );
        }
    }
}
