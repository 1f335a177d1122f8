// SPDX-License-Identifier: GPL-2.0

//! What a driver uses of two kernels, compared name by name.

mod callers;
mod documents;
mod functions;
mod gone;
mod types;
mod values;

use super::c::{code, comments};
use super::change::{Change, Part};
use super::form::Form;
use super::items::Kind;
use super::lines::unified;
use super::names::Names;
use super::tree::{Found, Tree};
use super::Called;
use std::collections::BTreeSet;

/// Two kernels, and the names to compare.
pub(crate) struct Comparison<'a> {
    pub(crate) names: &'a Names,
    pub(crate) old: &'a Tree,
    pub(crate) new: &'a Tree,
    pub(crate) called: &'a Called,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) changes: Vec<Change>,
    /// How many names at least one of the kernels has.
    pub(crate) known: usize,
    /// Names that neither kernel's headers have.
    pub(crate) unknown: Vec<String>,
    /// What could not be compared, one sentence each.
    pub(crate) omitted: Vec<String>,
}

impl Comparison<'_> {
    /// Compares everything.
    pub(crate) fn run(&self) -> Findings {
        let mut findings = Findings::default();
        let mut gone = Vec::new();
        for name in self.names.iter() {
            match (Form::of(self.old, name), Form::of(self.new, name)) {
                (Form::Absent, Form::Absent) => match self.constant_of_enum(name) {
                    Some(constant) => {
                        findings.known += 1;
                        self.values(name, constant, &mut findings.changes);
                    }
                    None if self.names.is_guess(name) => {}
                    None => findings.unknown.push(name.to_string()),
                },
                (_, Form::Absent) => {
                    findings.known += 1;
                    gone.push(name);
                }
                (Form::Absent, form) => {
                    findings.known += 1;
                    let new = first_place(self.new, name);
                    let change = self.change(Part::Come, name, form.name()).at("", &new);
                    findings.changes.push(change);
                }
                (old, new) => {
                    findings.known += 1;
                    self.name(name, old, new, &mut findings.changes);
                }
            }
        }
        self.called(&mut findings.changes);
        self.callers(&mut findings.changes);
        self.documents(&mut findings);
        self.gone(&gone, &mut findings.changes);
        self.omitted(&mut findings);
        findings.changes.sort_by_key(|change| change.part);
        findings
    }

    fn change(&self, part: Part, name: &str, what: &str) -> Change {
        Change::new(part, name, what).used_in(&self.names.files(name))
    }

    /// The constant in a name that bindgen gives to a constant of an enum, `ENUM_CONSTANT`.
    fn constant_of_enum<'n>(&self, name: &'n str) -> Option<&'n str> {
        let has = |name: &str, kind| {
            [self.old, self.new]
                .iter()
                .any(|tree| !tree.declared(name, &[kind]).is_empty())
        };
        let mut parts = name
            .match_indices('_')
            .map(|(at, _)| (&name[..at], &name[at + 1..]));
        let part =
            parts.find(|(tag, constant)| has(tag, Kind::Type) && has(constant, Kind::Constant));
        part.map(|(_, constant)| constant)
    }

    /// Compares a name that both kernels have.
    fn name(&self, name: &str, old: Form, new: Form, changes: &mut Vec<Change>) {
        if old != new {
            let what = format!("was {}, is {}", old.name(), new.name());
            let part = match old.is_function() || new.is_function() {
                true => Part::Export,
                false => Part::Value,
            };
            let places = (first_place(self.old, name), first_place(self.new, name));
            changes.push(self.change(part, name, &what).at(&places.0, &places.1));
        }
        if old.is_function() && new.is_function() {
            self.function(name, changes);
        }
        if old == Form::Function && new == Form::Function {
            self.export(name, changes);
        }
        self.values(name, name, changes);
        if old == Form::Type && new == Form::Type {
            self.types(name, changes);
        }
        if old == Form::Variable && new == Form::Variable {
            self.variable(name, changes);
        }
    }

    /// Compares the comments above and in two items.
    fn comments(&self, name: &str, what: &str, old: &Found<'_>, new: &Found<'_>) -> Option<Change> {
        let texts = [old, new].map(|it| comments(it.with_comment().0));
        // A sentence may have been wrapped in another way.
        if texts[0].join(" ") == texts[1].join(" ") {
            return None;
        }
        let change = self.change(Part::Comment, name, what);
        let mut change = change.at(&old.place(), &new.place());
        let texts = texts.map(|lines| lines.join("\n"));
        change.lines = unified(
            (&texts[0], old.with_comment().1),
            (&texts[1], new.with_comment().1),
        );
        change.lines.retain(|line| !line.starts_with("@@"));
        Some(change)
    }

    /// Says what could not be compared.
    fn omitted(&self, findings: &mut Findings) {
        for tree in [self.old, self.new] {
            let named = tree.named.display();
            if !tree.has_read_sources() {
                findings.omitted.push(format!(
                    "{named} has no sources: no body of a function that is not inline, no comment above it, and no function that calls the driver was compared"
                ));
                if !tree.has_symvers_only() {
                    findings.omitted.push(format!(
                        "{named} has neither sources nor a valid Module.symvers: no export was compared"
                    ));
                }
            }
            if tree.has_symvers_only() {
                findings.omitted.push(format!(
                    "{named} has a Module.symvers and no sources: it lists the exports of one configuration only, so a symbol may be shown as not exported that another configuration exports"
                ));
            }
        }
        if self.old.has_read_sources() && self.new.has_read_sources() {
            let without: BTreeSet<&str> = self
                .names
                .iter()
                .filter(|name| {
                    [self.old, self.new].iter().any(|tree| {
                        // A macro takes the place of the function.
                        Form::of(tree, name) == Form::Function
                            && tree.declared(name, &[Kind::Macro]).is_empty()
                            && tree.defined(name).is_empty()
                    })
                })
                .collect();
            if !without.is_empty() {
                let names: Vec<&str> = without.into_iter().collect();
                findings.omitted.push(format!(
                    "the bodies of {} were not found in both kernels (the sources of processors and of macros that define functions are not read)",
                    names.join(", ")
                ));
            }
        }
    }
}

/// The difference of two items with the comments above them.
fn whole(part: Part, name: &str, what: &str, old: &Found<'_>, new: &Found<'_>) -> Change {
    let mut change = Change::new(part, name, what).at(&old.place(), &new.place());
    change.lines = unified(old.with_comment(), new.with_comment());
    change
}

/// Old and new items of one name that belong together: those in the same file and under the same
/// conditions first, then the others in their order.
fn pairs<'a>(old: &[Found<'a>], new: &[Found<'a>]) -> Vec<(Found<'a>, Found<'a>)> {
    let mut left: Vec<Found<'a>> = new.to_vec();
    let mut found = Vec::new();
    let mut rest = old.to_vec();
    type Alike<'f> = dyn Fn(&Found<'_>, &Found<'_>) -> bool + 'f;
    let same_path = |a: &Found<'_>, b: &Found<'_>| a.file.path == b.file.path;
    let same_condition = |a: &Found<'_>, b: &Found<'_>| a.item.conditions == b.item.conditions;
    let rules: [&Alike<'_>; 4] = [
        &|a, b| code(a.text()) == code(b.text()) && same_condition(a, b),
        &|a, b| same_path(a, b) && same_condition(a, b),
        &same_path,
        &|_, _| true,
    ];
    for alike in rules {
        rest.retain(|a| match left.iter().position(|b| alike(a, b)) {
            Some(at) => {
                found.push((*a, left.remove(at)));
                false
            }
            None => true,
        });
    }
    found
}

/// Where a name is declared first.
fn first_place(tree: &Tree, name: &str) -> String {
    tree.all(name).next().map_or(String::new(), |it| it.place())
}

/// Code as people write it.
fn tidy(code: &str) -> String {
    let mut text = code.to_string();
    for (from, to) in [
        (" ( ", "("),
        ("( ", "("),
        (" )", ")"),
        (" ,", ","),
        ("* ", "*"),
        (" ;", ""),
        (" [ ", "["),
        (" ]", "]"),
        ("< <", "<<"),
        ("> >", ">>"),
        ("- >", "->"),
    ] {
        text = text.replace(from, to);
    }
    text
}
