// SPDX-License-Identifier: GPL-2.0

//! The slots of the tables that a driver fills, and the kernel's functions that call them.

use super::c::{tokens, Token};
use super::items::Kind;
use super::members::members;
use super::names::Names;
use super::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A call of a slot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Call {
    table: String,
    slot: String,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.table, self.slot)
    }
}

/// The tables, and how a kernel's functions reach them.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    /// The slots of each table that the driver's sources name.
    tables: BTreeMap<String, BTreeSet<String>>,
    /// The members that point to a table, such as `i_op`, and the table.
    pointers: BTreeMap<String, String>,
}

impl Slots {
    /// The tables are the structures with pointers to functions among the names.
    pub(crate) fn of(tree: &Tree, names: &Names) -> Self {
        let mut slots = Self::default();
        let types = names
            .iter()
            .flat_map(|name| tree.declared(name, &[Kind::Type]));
        let types: Vec<_> = types
            .map(|it| (it.item.name.as_str(), members(it.body())))
            .collect();
        for (name, members) in &types {
            let used = members
                .iter()
                .filter(|member| member.is_slot && names.words.contains(&member.name));
            let used: BTreeSet<String> = used.map(|member| member.name.clone()).collect();
            if !used.is_empty() {
                slots.tables.insert(name.to_string(), used);
            }
        }
        for member in types.iter().flat_map(|(_, members)| members) {
            let declared = member.declared.trim_start_matches("const ");
            let table = declared
                .strip_prefix("struct ")
                .and_then(|rest| rest.split(' ').next());
            let table = table.filter(|table| slots.tables.contains_key(*table));
            if let (Some(table), true) = (table, declared.contains('*') && !member.is_slot) {
                slots
                    .pointers
                    .insert(member.name.clone(), table.to_string());
            }
        }
        slots
    }

    /// Texts of which each file that calls a slot contains one.
    pub(crate) fn patterns(&self) -> Vec<String> {
        let pointers = self.pointers.keys().map(|pointer| format!("{pointer}->"));
        let tables = self.tables.keys().map(|table| format!("struct {table} *"));
        pointers.chain(tables).collect()
    }

    /// The functions that call slots, by file and name, in the files that have been read.
    pub(crate) fn calls(&self, tree: &Tree) -> BTreeMap<(String, String), BTreeSet<Call>> {
        let patterns = self.patterns();
        let mut found: BTreeMap<_, BTreeSet<Call>> = BTreeMap::new();
        let has_one = |text: &str| {
            patterns
                .iter()
                .any(|pattern| text.contains(pattern.as_str()))
        };
        for file in tree.read_files().iter().filter(|file| has_one(&file.text)) {
            let functions = file.items.iter().filter(|item| item.kind == Kind::Function);
            for item in functions {
                let text = &file.text[item.place.clone()];
                // A call of a slot, in the least time.
                if !text.contains("->") || !has_one(text) {
                    continue;
                }
                let calls = self.calls_in(text);
                if !calls.is_empty() {
                    let key = (file.path.clone(), item.name.clone());
                    found.entry(key).or_default().extend(calls);
                }
            }
        }
        found
    }

    /// The slots that a function calls: `i_op->mkdir(`, or by a variable of its own.
    fn calls_in(&self, text: &str) -> Vec<Call> {
        let tokens: Vec<Token<'_>> = tokens(text).into_iter().filter(Token::is_code).collect();
        let mut own = BTreeMap::new();
        for four in tokens.windows(4) {
            if four[0].is("struct") && self.tables.contains_key(four[1].text) && four[2].is("*") {
                own.insert(four[3].text, four[1].text);
            }
        }
        let mut calls = Vec::new();
        for five in tokens.windows(5) {
            if !(five[1].is("-") && five[2].is(">") && five[4].is("(")) {
                continue;
            }
            let table = own.get(five[0].text).copied();
            let table = table.or(self.pointers.get(five[0].text).map(String::as_str));
            let Some(table) = table else { continue };
            if self.tables[table].contains(five[3].text) {
                calls.push(Call {
                    table: table.to_string(),
                    slot: five[3].text.to_string(),
                });
            }
        }
        calls
    }
}
