// SPDX-License-Identifier: GPL-2.0

//! What a driver uses of two kernels, compared name by name.

use super::c::{self, code, comments};
use super::change::{Change, Part};
use super::items::{evaluated, Kind};
use super::lines::unified;
use super::members::{members, parameters, prototype, Member};
use super::names::Names;
use super::slots::{Call, Slots};
use super::tree::{Found, Tree};
use super::Called;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The documents that say what callers and filesystems have to do.
const DOCUMENTS: [&str; 3] = [
    "Documentation/filesystems/porting.rst",
    "Documentation/filesystems/vfs.rst",
    "Documentation/filesystems/locking.rst",
];

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

/// What a name is in the headers of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Function,
    Inline,
    Macro,
    Constant,
    Type,
    Variable,
    Absent,
}

impl Form {
    fn of(tree: &Tree, name: &str) -> Self {
        let has = |kind| !tree.declared(name, &[kind]).is_empty();
        if has(Kind::Prototype) {
            Self::Function
        } else if has(Kind::Function) {
            Self::Inline
        } else if has(Kind::Macro) {
            Self::Macro
        } else if has(Kind::Constant) {
            Self::Constant
        } else if has(Kind::Type) {
            Self::Type
        } else if has(Kind::Variable) {
            Self::Variable
        } else {
            Self::Absent
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Function => "a function",
            Self::Inline => "an inline function",
            Self::Macro => "a macro",
            Self::Constant => "a constant of an enum",
            Self::Type => "a type",
            Self::Variable => "a variable",
            Self::Absent => "absent",
        }
    }

    fn is_function(self) -> bool {
        matches!(self, Self::Function | Self::Inline)
    }
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

    /// Compares the prototype, the body and the comments of a function.
    fn function(&self, name: &str, changes: &mut Vec<Change>) {
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

    /// Compares how a function is exported.
    fn export(&self, name: &str, changes: &mut Vec<Change>) {
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

    /// Compares the values of macros and constants of enums.
    fn values(&self, name: &str, constant: &str, changes: &mut Vec<Change>) {
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

    /// Compares the members of a type, and its comments.
    fn types(&self, name: &str, changes: &mut Vec<Change>) {
        let (old, new) = (
            self.old.declared(name, &[Kind::Type]),
            self.new.declared(name, &[Kind::Type]),
        );
        for (old, new) in pairs(&old, &new) {
            let places = (old.place(), new.place());
            let heads = [old, new].map(|it| code(it.head()));
            if heads[0] != heads[1] {
                let mut change = self.change(Part::Member, name, "definition");
                change.lines = vec![
                    format!("-{}", tidy(&heads[0])),
                    format!("+{}", tidy(&heads[1])),
                ];
                changes.push(change.at(&places.0, &places.1));
            }
            if heads[1].starts_with("enum") {
                self.constants(name, &old, &new, changes);
            } else {
                self.members(name, &old, &new, changes);
            }
            changes.extend(self.comments(name, "comments", &old, &new));
        }
    }

    /// Compares the members of a structure: those that the driver names, and the slots of tables,
    /// one by one, the others in one line.
    fn members(&self, name: &str, old: &Found<'_>, new: &Found<'_>, changes: &mut Vec<Change>) {
        let both = [old, new].map(|it| members(it.body()));
        let is_table = both[1].iter().any(|member| member.is_slot);
        let find = |side: usize, name: &str| both[side].iter().find(|member| member.name == name);
        let names: BTreeSet<&str> = both
            .iter()
            .flatten()
            .map(|member| member.name.as_str())
            .collect();
        let place = |it: &Found<'_>, member: Option<&Member>| match member {
            Some(member) => {
                let line = it.file.line(it.item.body.start + member.offset);
                format!("{}:{line}", it.file.path)
            }
            None => String::new(),
        };
        let mut others = Vec::new();
        for member in names {
            let (before, after) = (find(0, member), find(1, member));
            let declared = [before, after].map(|member| member.map(|member| &member.declared));
            if declared[0] == declared[1] {
                continue;
            }
            let what = match declared {
                [None, _] => "new",
                [_, None] => "gone",
                _ => "type",
            };
            let is_used = self.names.words.contains(member);
            let is_slot = before.or(after).is_some_and(|member| member.is_slot);
            if is_used || (is_table && is_slot) {
                let title = format!("{name}.{member}");
                let mut what = what.to_string();
                if !is_used {
                    what += " (no source names it)";
                }
                let mut change = Change::new(Part::Member, &title, &what);
                change.lines = [('-', declared[0]), ('+', declared[1])]
                    .into_iter()
                    .filter_map(|(mark, declared)| Some(format!("{mark}{}", tidy(declared?))))
                    .collect();
                changes.push(change.at(&place(old, before), &place(new, after)));
            } else {
                others.push(format!("{what} {member}"));
            }
        }
        if !others.is_empty() {
            let mut change = self.change(Part::Member, name, "members that no source names");
            change.lines = vec![format!(" {}", others.join(", "))];
            changes.push(change.at(&old.place(), &new.place()));
        }
    }

    /// Compares which constants an enum has.
    fn constants(&self, name: &str, old: &Found<'_>, new: &Found<'_>, changes: &mut Vec<Change>) {
        let constants = [old, new].map(|it| {
            let within = it.file.items.iter().filter(|item| {
                let body = &it.item.body;
                item.kind == Kind::Constant && body.contains(&item.place.start)
            });
            within
                .map(|item| item.name.as_str())
                .collect::<BTreeSet<_>>()
        });
        if constants[0] != constants[1] {
            let only =
                |these: usize, others: usize| constants[these].difference(&constants[others]);
            let gone = only(0, 1).map(|name| format!("-{name}"));
            let come = only(1, 0).map(|name| format!("+{name}"));
            let mut change = self.change(Part::Member, name, "constants");
            change.lines = gone.chain(come).collect();
            changes.push(change.at(&old.place(), &new.place()));
        }
    }

    /// Compares the declaration of a variable.
    fn variable(&self, name: &str, changes: &mut Vec<Change>) {
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

    /// Compares the bodies of the functions that the driver's functions call.
    fn called(&self, changes: &mut Vec<Change>) {
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
    fn callers(&self, changes: &mut Vec<Change>) {
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

    /// Compares the documents.
    fn documents(&self, findings: &mut Findings) {
        for document in DOCUMENTS {
            let (Some(old), Some(new)) = (self.old.text(document), self.new.text(document)) else {
                let without = [self.old, self.new]
                    .into_iter()
                    .filter(|tree| tree.text(document).is_none());
                for tree in without {
                    let tree = tree.named.display();
                    findings
                        .omitted
                        .push(format!("{document}: {tree} does not have it"));
                }
                continue;
            };
            let lines = unified((&old, 1), (&new, 1));
            if !lines.is_empty() {
                let what = match document.ends_with("porting.rst") {
                    true => "entries",
                    false => "text",
                };
                let mut change = Change::new(Part::Document, document, what).at(document, document);
                change.lines = lines;
                findings.changes.push(change);
            }
        }
    }

    /// Looks for what has become of names that the new headers do not have.
    fn gone(&self, gone: &[&str], changes: &mut Vec<Change>) {
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

/// The first names of a list, and how many more there are.
fn listed(names: &BTreeSet<String>) -> String {
    const MOST: usize = 4;
    let first: Vec<&str> = names.iter().take(MOST).map(String::as_str).collect();
    match names.len().saturating_sub(MOST) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
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
