// SPDX-License-Identifier: GPL-2.0

//! What changed between two kernels, of all that a driver uses.
//!
//! It is made for the person who ports a driver to a new kernel. What a compiler cannot find stands
//! first: bodies, values and comments that changed while the types stayed. Nothing is compiled or
//! preprocessed, so no configuration is needed, and both sides of each `#if` are compared.
//!
//! `names` finds out what the driver uses, `tree` reads the files of a kernel that declare or
//! define it, `items` and `members` find declarations in C, `compare` compares, and `change`
//! reports.

mod c;
mod change;
mod compare;
mod declaration;
mod form;
mod items;
mod lines;
mod members;
mod names;
mod slots;
mod tree;
mod value;

use crate::error::Error;
use compare::Comparison;
use items::Kind;
use names::Names;
use slots::Slots;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use tree::Tree;

/// The input of a comparison.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) old: PathBuf,
    pub(crate) new: PathBuf,
    /// The directory of the driver's Rust sources that use the bindings.
    pub(crate) sources: PathBuf,
    /// Files with bindgen's arguments, and headers (`.h`).
    pub(crate) names: Vec<PathBuf>,
    /// The name of the crate of the bindings.
    pub(crate) bindings: String,
    /// How many calls away from the driver a function may be.
    pub(crate) depth: usize,
    /// The most lines of a difference to show.
    pub(crate) lines: usize,
}

/// The functions and macros that the driver's functions call, and the names that call each. A
/// function of the caller's file has the path before its name, all others have an empty one.
type Called = BTreeMap<(String, String), BTreeSet<String>>;

/// A report.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) text: String,
    /// Whether everything could be compared.
    pub(crate) is_complete: bool,
}

/// Compares the kernels. An error is a sentence, or two.
pub(crate) fn diff(request: &Request) -> Result<Report, String> {
    let in_words = |error: Error| format!("{error}\n    next: {}", error.next());
    let names =
        Names::read(&request.names, &request.sources, &request.bindings).map_err(in_words)?;
    if names.len() == 0 {
        return Err(format!(
            "neither {} nor the files of --names name anything of the kernel: name the directory of the driver's sources with --sources DIR, and bindgen's arguments with --names FILE.",
            request.sources.display()
        ));
    }
    let mut trees = [Tree::open(&request.old)?, Tree::open(&request.new)?];
    for_each(&mut trees, |tree| tree.read_headers(&names.includes));
    let mut called = BTreeMap::new();
    called_by_inlines(&trees, &names, request.depth, &mut called);
    let is_function = |name: &&str| {
        let kinds = [Kind::Prototype, Kind::Function];
        trees
            .iter()
            .any(|tree| !tree.declared(name, &kinds).is_empty())
    };
    let of_inlines = called.keys().map(|(_, name)| name.as_str());
    let wanted: HashSet<&str> = names.iter().chain(of_inlines).filter(is_function).collect();
    for_each(&mut trees, |tree| tree.read_sources(&wanted));
    for_each(&mut trees, |tree| {
        let patterns = Slots::of(tree, &names).patterns();
        tree.read_beside(&wanted, &patterns);
    });
    called_in_files(&trees, &names, request.depth, &mut called);
    let [old, new] = &trees;
    let comparison = Comparison {
        names: &names,
        old,
        new,
        called: &called,
    };
    let findings = comparison.run();
    let of = |tree: &Tree| match tree.version() {
        version if version.is_empty() => tree.named.display().to_string(),
        version => format!("{} ({version})", tree.named.display()),
    };
    let heading = format!("{} -> {}", of(old), of(new));
    Ok(Report {
        text: findings.report(&heading, request.lines),
        is_complete: findings.omitted.is_empty(),
    })
}

/// The files with names that a driver has if none are named: bindgen's arguments and headers in the
/// directory `bindings` of its sources, sorted.
pub(crate) fn usual_names(sources: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(sources.join("bindings"));
    let paths = entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let is_list = |path: &PathBuf| {
        path.extension()
            .is_some_and(|ending| ending == "args" || ending == "h")
    };
    let mut names: Vec<PathBuf> = paths.filter(is_list).collect();
    names.sort();
    names
}

/// Does the same with both trees at once.
fn for_each(trees: &mut [Tree; 2], work: impl Fn(&mut Tree) + Sync) {
    std::thread::scope(|scope| {
        for tree in trees {
            scope.spawn(|| work(tree));
        }
    });
}

/// Adds what inline functions and macros call. They are compiled into the driver, so it is the
/// driver that calls it.
fn called_by_inlines(trees: &[Tree; 2], names: &Names, depth: usize, called: &mut Called) {
    let direct: HashSet<&str> = names.iter().collect();
    let mut callers: BTreeSet<String> = names.iter().map(str::to_string).collect();
    for _ in 0..depth {
        let mut next = BTreeSet::new();
        for caller in &callers {
            for tree in trees {
                for it in tree.declared(caller, &[Kind::Function, Kind::Macro]) {
                    let text = match it.item.kind {
                        Kind::Macro => it.item.value.as_str(),
                        _ => it.body(),
                    };
                    for name in calls(text) {
                        let kinds = [Kind::Function, Kind::Prototype, Kind::Macro];
                        if direct.contains(name)
                            || name == caller
                            || tree.declared(name, &kinds).is_empty()
                        {
                            continue;
                        }
                        let key = (String::new(), name.to_string());
                        if !called.contains_key(&key) {
                            next.insert(name.to_string());
                        }
                        called.entry(key).or_default().insert(caller.clone());
                    }
                }
            }
        }
        callers = next;
    }
}

/// Adds the inline functions, and the functions of the same file, that functions call.
fn called_in_files(trees: &[Tree; 2], names: &Names, depth: usize, called: &mut Called) {
    for tree in trees {
        let direct: Vec<&str> = names.iter().collect();
        let mut callers: BTreeSet<(String, String)> = BTreeSet::new();
        for name in &direct {
            let defined = tree
                .defined(name)
                .into_iter()
                .filter(|it| !it.item.is_inline);
            callers.extend(defined.map(|it| (it.file.path.clone(), name.to_string())));
        }
        let mut seen = callers.clone();
        for _ in 0..depth {
            let mut next = BTreeSet::new();
            for (path, caller) in &callers {
                for it in tree.defined_in(path, caller) {
                    for name in calls(it.body()) {
                        let is_inline = !tree.declared(name, &[Kind::Function]).is_empty();
                        let path = if is_inline { "" } else { path };
                        let key = (path.to_string(), name.to_string());
                        let is_known = direct.contains(&name) || seen.contains(&key);
                        if is_known || tree.defined_in(path, name).is_empty() {
                            continue;
                        }
                        called
                            .entry(key.clone())
                            .or_default()
                            .insert(caller.clone());
                        next.insert(key);
                    }
                }
            }
            seen.extend(next.iter().cloned());
            callers = next;
        }
    }
}

/// The words in code that an opening parenthesis follows.
fn calls(text: &str) -> BTreeSet<&str> {
    let tokens: Vec<c::Token<'_>> = c::tokens(text)
        .into_iter()
        .filter(c::Token::is_code)
        .collect();
    let mut found = BTreeSet::new();
    for (at, two) in tokens.windows(2).enumerate() {
        let is_member = at > 0 && (tokens[at - 1].is(".") || tokens[at - 1].is(">"));
        if let (Some(word), true, false) = (two[0].word(), two[1].is("("), is_member) {
            found.insert(word);
        }
    }
    found
}
