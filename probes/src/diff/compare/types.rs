// SPDX-License-Identifier: GPL-2.0

//! Types: their definitions, the members of structures and the constants of enums.

use super::super::c::code;
use super::super::change::{Change, Part};
use super::super::items::Kind;
use super::super::members::{members, Member};
use super::super::tree::Found;
use super::{pairs, tidy, Comparison};
use std::collections::BTreeSet;

impl Comparison<'_> {
    /// Compares the members of a type, and its comments.
    pub(super) fn types(&self, name: &str, changes: &mut Vec<Change>) {
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
}
