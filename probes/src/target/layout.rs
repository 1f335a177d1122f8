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
use crate::target::btf::{Btf, Structure};
use crate::target::structures::Declared;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;

/// What to do if the types of a kernel cannot be read.
const UNREADABLE: &str =
    "Name another file with the kernel's types (BTF=FILE for `make`), or compare none (BTF=).";

/// What is compared with the types in a file.
pub(crate) struct Layouts<'a> {
    file: &'a Path,
    bindings_crate: &'a str,
    pairs: Vec<Pair<'a>>,
    /// The pairs of which one has a member that the other lacks, and which.
    incomplete: HashMap<usize, String>,
    questions: Vec<Question>,
    /// What has to be true of the sizes and places in a pair.
    conditions: Vec<(usize, String)>,
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

/// What the compiler is asked: whether the place of the member `what`, or the size of all, is
/// `expected`.
struct Question {
    pair: usize,
    what: Option<String>,
    /// The member in the bindings.
    field: String,
    expected: u32,
}

/// The names in [`Question::expression`].
const SHORT_NAMES: &str = "use ::core::mem::{offset_of as o, size_of as s};\n";

impl<'a> Layouts<'a> {
    /// Finds what is to be compared: the structures of the bindings that `names` mention and `file`
    /// describes. `None` if it describes no types.
    pub(crate) fn find(
        declared: &'a HashMap<&str, Declared>,
        bindings_crate: &'a str,
        names: &Names,
        file: &'a Path,
    ) -> Result<Option<Self>, Error> {
        let btf = Btf::read(file)
            .map_err(|error| FileError::new("reading types from", file, error, UNREADABLE))?;
        let Some(btf) = btf else { return Ok(None) };
        let mut mentioned: Vec<&str> = declared.keys().copied().collect();
        mentioned.retain(|name| names.is_mentioned(name));
        mentioned.sort_unstable();
        let mut pairs = Vec::new();
        for name in mentioned {
            for (form, kernel) in btf.named(name).into_iter().enumerate() {
                add(&mut pairs, declared, &btf, (name, name, kernel, form));
            }
        }
        let mut incomplete = HashMap::new();
        let mut questions = Vec::new();
        for (at, pair) in pairs.iter().enumerate() {
            match pair.missing() {
                Some(difference) => _ = incomplete.insert(at, difference),
                None => questions.extend(pair.questions(at)),
            }
        }
        let mut conditions: Vec<(usize, String)> = Vec::new();
        for question in &questions {
            let condition = format!("{} == {}", question.expression("T"), question.expected);
            match conditions.last_mut().filter(|(at, _)| *at == question.pair) {
                Some((_, conditions)) => _ = write!(conditions, " && {condition}"),
                None => conditions.push((question.pair, condition)),
            }
        }
        Ok(Some(Self {
            file,
            bindings_crate,
            pairs,
            incomplete,
            questions,
            conditions,
        }))
    }

    /// The unit that compiles if the compiler finds no difference: one line for each structure. Short
    /// names save a third of the time, most of which is looking names up.
    pub(crate) fn unit(&self) -> String {
        let lines = self.conditions.iter().map(|(at, all)| {
            let kind = self.pairs[*at].kind(self.bindings_crate);
            format!("const _: [(); 1] = {{ type T = {kind}; [(); ({all}) as usize] }};\n")
        });
        lines.collect::<String>() + SHORT_NAMES
    }

    /// Compiles the unit by itself and compares the layouts. Returns a sentence about what was
    /// compared.
    pub(crate) fn check(
        &self,
        compiler: &Compiler,
        units: &Path,
        log: &mut Log,
    ) -> Result<String, Error> {
        let unit = self.unit();
        let differing: BTreeSet<usize> = errors(compiler, units, "layouts", &unit, log)?
            .keys()
            .map(|line| self.conditions[*line].0)
            .collect();
        if differing.is_empty() {
            return self.same();
        }
        // Only the structures that differ are asked about in detail.
        let questions: Vec<&Question> = self
            .questions
            .iter()
            .filter(|question| differing.contains(&question.pair))
            .collect();
        let lines = questions.iter().map(|question| {
            let kind = self.pairs[question.pair].kind(self.bindings_crate);
            let (expected, expression) = (question.expected, question.expression(&kind));
            format!("const _: [(); {expected}] = [(); {expression}];\n")
        });
        let mut wrong = self.incomplete.clone();
        let unit = lines.collect::<String>() + SHORT_NAMES;
        for (line, error) in &errors(compiler, units, "layouts_in_detail", &unit, log)? {
            let question = questions[*line];
            let difference = question.difference(found_size(error));
            wrong.entry(question.pair).or_insert(difference);
        }
        self.verdict(&wrong)
    }

    /// The verdict if the unit compiles.
    pub(crate) fn same(&self) -> Result<String, Error> {
        self.verdict(&self.incomplete)
    }

    /// Fails if no form of a structure is free of differences; `wrong` has the pairs that differ,
    /// and how.
    fn verdict(&self, wrong: &HashMap<usize, String>) -> Result<String, Error> {
        let compared: BTreeSet<&str> = self.pairs.iter().map(|pair| pair.name.as_str()).collect();
        let right = |name: &str| {
            let of_it = of_name(&self.pairs, name);
            let forms: BTreeSet<usize> = of_it.map(|(_, pair)| pair.form).collect();
            forms.into_iter().any(|form| {
                !of_name(&self.pairs, name)
                    .any(|(at, pair)| pair.form == form && wrong.contains_key(&at))
            })
        };
        for name in &compared {
            if !right(name) {
                let mut of_it = of_name(&self.pairs, name);
                let found = of_it.find_map(|(at, _)| wrong.get(&at)).cloned();
                return Err(TargetError::LayoutDiffers {
                    structure: name.to_string(),
                    difference: found.unwrap_or_default(),
                    file: self.file.to_path_buf(),
                }
                .into());
            }
        }
        Ok(format!(
            "Layouts are those in {} (structures compared: {}).",
            self.file.display(),
            compared.len()
        ))
    }
}

/// The first error in each line of a unit, by its number. An error elsewhere ends the run.
fn errors(
    compiler: &Compiler,
    units: &Path,
    name: &str,
    text: &str,
    log: &mut Log,
) -> Result<BTreeMap<usize, Diagnostic>, Error> {
    let lines = text.lines().count();
    let mut by_line = BTreeMap::new();
    for error in compiler.compile(units, name, text, &[], log)? {
        let line = error.primary.first().map_or(0, |span| span.line);
        if line == 0 || line > lines || !error.is_mismatch() {
            return Err(TargetError::NotCompared { diagnostic: error }.into());
        }
        by_line.entry(line - 1).or_insert(error);
    }
    Ok(by_line)
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

    /// The type in the crate of the bindings.
    fn kind(&self, bindings: &str) -> String {
        format!("::{bindings}::{}", self.in_bindings)
    }

    /// What the compiler is asked about it.
    fn questions(&self, pair: usize) -> Vec<Question> {
        let mut questions = vec![Question {
            pair,
            what: None,
            field: String::new(),
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
                    field: field.name.clone(),
                    expected: offset,
                });
            }
        }
        questions
    }
}

impl Question {
    /// The size or place in `kind`, as Rust.
    fn expression(&self, kind: &str) -> String {
        match self.what {
            Some(_) => format!("o!({kind}, {})", self.field),
            None => format!("s::<{kind}>()"),
        }
    }

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
