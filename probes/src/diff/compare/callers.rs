// SPDX-License-Identifier: GPL-2.0

//! Functions on both sides of the driver: those that its functions call, and those that call it.

use super::super::c::code;
use super::super::change::{Change, Part};
use super::super::items::Kind;
use super::super::slots::{Call, Slots};
use super::{pairs, whole, Comparison};
use std::collections::{BTreeMap, BTreeSet, HashSet};

impl Comparison<'_> {
    /// Compares the bodies of the functions that the driver's functions call.
    pub(super) fn called(&self, changes: &mut Vec<Change>) {
        for ((path, name), callers) in self.called {
            let by = format!("called by {}", listed(callers));
            let [mut old, mut new] = [self.old, self.new].map(|tree| tree.defined_in(path, name));
            if path.is_empty() {
                old.extend(self.old.declared(name, &[Kind::Macro]));
                new.extend(self.new.declared(name, &[Kind::Macro]));
            }
            for (old, new) in pairs(&old, &new) {
                if code(old.text()) != code(new.text()) {
                    changes.push(whole(Part::Called, name, &by, &old, &new));
                }
            }
        }
    }

    /// Compares the functions that call the slots of the driver's tables.
    pub(super) fn callers(&self, changes: &mut Vec<Change>) {
        let reported = changes.iter().flat_map(Change::places);
        let reported: HashSet<String> = reported.map(str::to_string).collect();
        let calls = [self.old, self.new].map(|tree| Slots::of(tree, self.names).calls(tree));
        let keys: BTreeSet<&(String, String)> = calls.iter().flat_map(BTreeMap::keys).collect();
        for key in keys {
            let (path, name) = key;
            let slots = calls.iter().filter_map(|calls| calls.get(key)).flatten();
            let slots: BTreeSet<&Call> = slots.collect();
            let slots: BTreeSet<String> = slots.into_iter().map(ToString::to_string).collect();
            let [old, new] = [self.old, self.new].map(|tree| tree.defined_in(path, name));
            for (old, new) in pairs(&old, &new) {
                let is_reported = reported.contains(&new.place());
                if !is_reported && code(old.text()) != code(new.text()) {
                    let what = format!("calls {}", listed(&slots));
                    changes.push(whole(Part::Caller, name, &what, &old, &new));
                }
            }
        }
    }
}

/// The first names of a list, and how many more there are.
fn listed(names: &BTreeSet<String>) -> String {
    const MOST: usize = 4;
    let first: Vec<&str> = names.iter().take(MOST).map(String::as_str).collect();
    match names.len().saturating_sub(MOST) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}
