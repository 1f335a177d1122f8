// SPDX-License-Identifier: GPL-2.0

//! Whether the structures that a driver touches have the same layout in the headers, from which
//! the bindings are made, and in the kernel itself, whose BTF describes them.
//!
//! Headers can be of another configuration than the kernel, or changed since it was built. The
//! compiler is asked for the layout of the bindings, because nothing else knows it: each line of a
//! generated unit compiles only if the layout is the one in BTF.

use crate::compiler::Compiler;
use crate::diagnostic::Diagnostic;
use crate::error::{Error, FileError, TargetError};
use crate::log::Log;
use crate::names::Names;
use crate::source::Token;
use crate::target::btf::{Btf, Structure};
use crate::target::structures::{declared, Declared};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;

/// What to do if the types of a kernel cannot be read.
const UNREADABLE: &str =
    "Name another file with the kernel's types (BTF=FILE for `make`), or compare none (BTF=).";

/// The input of the comparison.
pub(crate) struct Layouts<'a> {
    pub(crate) compiler: &'a Compiler,
    pub(crate) bindings_crate: &'a str,
    /// The text of the bindings.
    pub(crate) tokens: &'a [Token<'a>],
    pub(crate) names: &'a Names,
    /// The directory of generated units.
    pub(crate) units: &'a Path,
}

/// What is compared: a structure of C in its form in the bindings, and in one form that the kernel
/// has. Files of the kernel may define different structures of one name.
struct Pair<'a> {
    /// What C calls it. An anonymous structure goes by the one around it.
    name: String,
    /// What the bindings call it.
    in_bindings: String,
    declared: &'a Declared,
    kernel: Structure,
    /// Which of the kernel's structures of this name it belongs to.
    form: usize,
}

/// What the compiler is asked: whether `expression`, of the size or place of `what`, is `expected`.
struct Question {
    pair: usize,
    what: Option<String>,
    expression: String,
    expected: u32,
}

impl Layouts<'_> {
    /// Compares the layouts with the types in `file`, and returns a sentence about what was
    /// compared.
    pub(crate) fn check(&self, file: &Path, log: &mut Log) -> Result<String, Error> {
        let btf = Btf::read(file)
            .map_err(|error| FileError::new("reading types from", file, error, UNREADABLE))?;
        let Some(btf) = btf else {
            return Ok(format!(
                "{} has no type information (BTF): layouts were not compared.",
                file.display()
            ));
        };
        let declared = declared(self.tokens);
        let mut names: Vec<&str> = declared.keys().copied().collect();
        names.retain(|name| self.names.is_mentioned(name));
        names.sort_unstable();
        let mut pairs = Vec::new();
        for name in &names {
            for (form, kernel) in btf.named(name).into_iter().enumerate() {
                add(&mut pairs, &declared, &btf, (name, name, kernel, form));
            }
        }
        let compared: BTreeSet<&str> = pairs.iter().map(|pair| pair.name.as_str()).collect();
        let wrong = self.wrong(&pairs, log)?;
        let right = |name: &str| {
            let forms: BTreeSet<usize> = of_name(&pairs, name).map(|(_, pair)| pair.form).collect();
            forms.into_iter().any(|form| {
                !of_name(&pairs, name)
                    .any(|(at, pair)| pair.form == form && wrong.contains_key(&at))
            })
        };
        for name in &compared {
            if !right(name) {
                let mut of_it = of_name(&pairs, name);
                let found = of_it.find_map(|(at, _)| wrong.get(&at)).cloned();
                return Err(TargetError::LayoutDiffers {
                    structure: name.to_string(),
                    difference: found.unwrap_or_default(),
                    file: file.to_path_buf(),
                }
                .into());
            }
        }
        Ok(format!(
            "Layouts are those in {} (structures compared: {}).",
            file.display(),
            compared.len()
        ))
    }

    /// The pairs that differ, and how: first a member that only one has, then what the compiler
    /// says about sizes and places.
    fn wrong(&self, pairs: &[Pair<'_>], log: &mut Log) -> Result<HashMap<usize, String>, Error> {
        let mut wrong = HashMap::new();
        let mut questions = Vec::new();
        for (at, pair) in pairs.iter().enumerate() {
            match pair.missing() {
                Some(difference) => _ = wrong.insert(at, difference),
                None => questions.extend(pair.questions(at, self.bindings_crate)),
            }
        }
        // One line for each structure. Only those that differ are asked about in detail.
        let mut whole: Vec<(usize, String)> = Vec::new();
        for question in &questions {
            let condition = format!("{} == {}", question.expression, question.expected);
            match whole.last_mut().filter(|(pair, _)| *pair == question.pair) {
                Some((_, conditions)) => _ = write!(conditions, " && {condition}"),
                None => whole.push((question.pair, condition)),
            }
        }
        let lines = whole
            .iter()
            .map(|(_, all)| format!("const _: [(); 1] = [(); ({all}) as usize];"));
        let differing: BTreeSet<usize> = self
            .errors("layouts", lines, log)?
            .keys()
            .map(|line| whole[*line].0)
            .collect();
        questions.retain(|question| differing.contains(&question.pair));
        let lines = questions.iter().map(|question| {
            let (expected, expression) = (question.expected, &question.expression);
            format!("const _: [(); {expected}] = [(); {expression}];")
        });
        if differing.is_empty() {
            return Ok(wrong);
        }
        let errors = self.errors("layouts_in_detail", lines, log)?;
        for (line, error) in &errors {
            let question = &questions[*line];
            let difference = question.difference(found_size(error));
            wrong.entry(question.pair).or_insert(difference);
        }
        Ok(wrong)
    }

    /// The first error in each line, by its number. An error elsewhere ends the run.
    fn errors(
        &self,
        name: &str,
        lines: impl Iterator<Item = String>,
        log: &mut Log,
    ) -> Result<BTreeMap<usize, Diagnostic>, Error> {
        let lines: Vec<String> = lines.collect();
        let text = format!("{}\n", lines.join("\n"));
        let mut by_line = BTreeMap::new();
        for error in self.compiler.compile(self.units, name, &text, &[], log)? {
            let line = error.primary.first().map_or(0, |span| span.line);
            if line == 0 || line > lines.len() || !error.is_mismatch() {
                return Err(TargetError::NotCompared { diagnostic: error }.into());
            }
            by_line.entry(line - 1).or_insert(error);
        }
        Ok(by_line)
    }
}

/// Adds a structure, and the anonymous ones in it.
fn add<'a>(
    pairs: &mut Vec<Pair<'a>>,
    declared: &'a HashMap<&str, Declared>,
    btf: &Btf,
    (name, in_bindings, kernel, form): (&str, &str, Structure, usize),
) {
    let Some(of_bindings) = declared.get(in_bindings) else {
        return;
    };
    if of_bindings.is_incomplete() {
        return;
    }
    let inner = anonymous(&kernel, btf);
    pairs.push(Pair {
        name: name.to_string(),
        in_bindings: in_bindings.to_string(),
        declared: of_bindings,
        kernel,
        form,
    });
    if of_bindings.is_opaque() {
        return;
    }
    for (index, kernel) in inner.into_iter().enumerate() {
        let field = of_bindings.field(&format!("__bindgen_anon_{}", index + 1));
        if let Some(inner) = field.and_then(|field| field.kind.as_deref()) {
            add(pairs, declared, btf, (name, inner, kernel, form));
        }
    }
}

fn of_name<'p, 'a>(
    pairs: &'p [Pair<'a>],
    name: &'p str,
) -> impl Iterator<Item = (usize, &'p Pair<'a>)> {
    pairs
        .iter()
        .enumerate()
        .filter(move |(_, pair)| pair.name == name)
}

/// The anonymous structures and unions in a structure, in the order in which the bindings number them.
fn anonymous(kernel: &Structure, btf: &Btf) -> Vec<Structure> {
    let nameless = kernel
        .members
        .iter()
        .filter(|member| member.name.is_empty());
    nameless
        .filter_map(|member| btf.structure(member.kind))
        .collect()
}

impl Pair<'_> {
    /// A member that only the bindings have, or only the kernel, as a part of a sentence.
    fn missing(&self) -> Option<String> {
        if self.declared.is_opaque() {
            return None;
        }
        let members = &self.kernel.members;
        let gone = members.iter().find(|member| {
            let is_field = member.offset.is_some() && !member.name.is_empty();
            is_field && self.declared.field(&member.name).is_none()
        });
        // A member of which a bit field is the neighbour may be one itself. It has no field then.
        let has_bits = self
            .declared
            .fields
            .iter()
            .any(|field| field.name.starts_with("_bitfield"));
        if let Some(member) = gone.filter(|_| !has_bits) {
            return Some(format!(
                "the member `{}` is in the kernel and not in the headers",
                member.name
            ));
        }
        let of_c = |name: &str| !name.starts_with('_') || members.iter().any(|it| it.name == name);
        let added = self.declared.fields.iter().find(|field| {
            let known = |name: &str| members.iter().any(|member| member.name == name);
            let keyword = field.name.strip_suffix('_');
            let is_known = known(&field.name) || keyword.is_some_and(known);
            of_c(&field.name) && !is_known && field.name != "bindgen_union_field"
        });
        added.map(|field| {
            format!(
                "the member `{}` is in the headers and not in the kernel",
                field.name
            )
        })
    }

    /// What the compiler is asked about it.
    fn questions(&self, pair: usize, bindings: &str) -> Vec<Question> {
        let kind = format!("::{bindings}::{}", self.in_bindings);
        let mut questions = vec![Question {
            pair,
            what: None,
            expression: format!("::core::mem::size_of::<{kind}>()"),
            expected: self.kernel.size,
        }];
        if self.declared.is_opaque() {
            return questions;
        }
        for member in &self.kernel.members {
            let field = self.declared.field(&member.name);
            if let (Some(offset), Some(field)) = (member.offset, field) {
                questions.push(Question {
                    pair,
                    what: Some(member.name.clone()),
                    expression: format!("::core::mem::offset_of!({kind}, {})", field.name),
                    expected: offset,
                });
            }
        }
        questions
    }
}

impl Question {
    /// The difference as a part of a sentence; `found` is what the bindings have.
    fn difference(&self, found: Option<u64>) -> String {
        let expected = self.expected;
        let found = found.map_or("another".to_string(), |found| found.to_string());
        match &self.what {
            Some(member) => format!(
                "the member `{member}` is at byte {expected} in the kernel, and at byte {found} in the headers"
            ),
            None => format!("it has {expected} bytes in the kernel, and {found} in the headers"),
        }
    }
}

/// The size of the array that the compiler has found: `… found one with a size of 48`.
fn found_size(error: &Diagnostic) -> Option<u64> {
    let (_, found) = error.label().rsplit_once("size of ")?;
    let digits: String = found.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}
