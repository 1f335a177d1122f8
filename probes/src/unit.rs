// SPDX-License-Identifier: GPL-2.0

//! The files that one pass compiles together, and the root that includes them.

use crate::error::{DeclarationError, Error, FileError};
use crate::question;
use crate::tree::Tree;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What a unit is for. The numbers are indices into the lists of [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// An answer (question, answer).
    Answer(usize, usize),
    /// A negative control.
    Control(usize),
    /// A use of what the kernel must not have for an answer to fit (question, answer, index in
    /// `Answer::without`).
    Absence(usize, usize, usize),
    /// A set of answers that have to go together.
    Set(usize),
}

/// A file that is accepted or rejected by itself.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) role: Role,
    pub(crate) file: PathBuf,
}

/// Whether `path` is the module in `file`, or a submodule of it.
pub(crate) fn is_in_module(path: &Path, file: &Path) -> bool {
    path == file || path.starts_with(file.with_extension(""))
}

/// All units of the tree. Those that test for an absence are generated in `directory`.
pub(crate) fn all(tree: &Tree, crates: &[&str], directory: &Path) -> Result<Vec<Unit>, Error> {
    let mut units = Vec::new();
    for (q, question) in tree.questions.iter().enumerate() {
        for (a, answer) in question.answers.iter().enumerate() {
            units.push(Unit {
                role: Role::Answer(q, a),
                file: answer.file.clone(),
            });
            for n in 0..answer.without.len() {
                let file = write_absence(tree, crates, directory, (q, a, n))
                    .map_err(|error| error.in_question(&question.name))?;
                units.push(Unit {
                    role: Role::Absence(q, a, n),
                    file,
                });
            }
        }
    }
    let controls = tree.controls.iter().enumerate();
    units.extend(controls.map(|(c, control)| Unit {
        role: Role::Control(c),
        file: control.file.clone(),
    }));
    Ok(units)
}

/// The units that test whether the chosen answers go together.
pub(crate) fn sets(tree: &Tree) -> impl Iterator<Item = Unit> + '_ {
    let sets = tree.sets.iter().enumerate();
    sets.map(|(s, set)| Unit {
        role: Role::Set(s),
        file: set.file.clone(),
    })
}

/// Writes the unit that tests for an absence (question, answer, index) into `directory`.
fn write_absence(
    tree: &Tree,
    crates: &[&str],
    directory: &Path,
    (q, a, n): (usize, usize, usize),
) -> Result<PathBuf, Error> {
    let answer = &tree.questions[q].answers[a];
    let name = &answer.without[n];
    let text = absence(name, crates).ok_or_else(|| DeclarationError::InvalidAbsence {
        file: answer.file.clone(),
        name: name.clone(),
        crates: crates.iter().map(|name| name.to_string()).collect(),
    })?;
    let file = directory.join(format!("{}.rs", absence_name(tree, q, a, n)));
    match std::fs::write(&file, text) {
        Ok(()) => Ok(file),
        Err(error) => Err(FileError::new(
            "writing",
            &file,
            error,
            "Make the directory for generated files writable.",
        )),
    }
}

fn absence_name(tree: &Tree, q: usize, a: usize, n: usize) -> String {
    let question = &tree.questions[q];
    format!("without_{}_{}_{n}", question.name, question.answers[a].name)
}

/// Source that compiles only if the kernel has `name`: a path, or a field `path.field`.
///
/// `None` if `name` is neither, or is in none of the `crates`.
fn absence(name: &str, crates: &[&str]) -> Option<String> {
    let (path, field) = match name.split_once('.') {
        Some((path, field)) => (path, Some(field)),
        None => (name, None),
    };
    let is_identifier =
        |word: &str| !word.is_empty() && word.chars().all(|c| c == '_' || c.is_alphanumeric());
    let mut segments = path.split("::");
    let is_in_crate = crates.contains(&segments.next()?) && path.contains("::");
    if !is_in_crate || !segments.all(is_identifier) {
        return None;
    }
    let head = format!("// Made by compat-probe: this compiles only if the kernel has `{name}`.\n");
    match field {
        None => Some(format!("{head}use {path} as _;\n")),
        Some(field) if is_identifier(field) => Some(format!(
            "{head}pub unsafe fn field(it: *const {path}) {{\n    let _ = unsafe {{ ::core::ptr::addr_of!((*it).{field}) }};\n}}\n"
        )),
        Some(_) => None,
    }
}

/// The root of a pass over `units`, and the cfgs for it.
///
/// The modules are arranged as in the driver's crate, so that an answer uses the same paths in
/// both.
pub(crate) fn root(tree: &Tree, units: &[Unit], directory: &Path) -> (String, Vec<String>) {
    let mut controls = String::new();
    let mut absences = String::new();
    let mut sets = String::new();
    let mut cfgs = Vec::new();
    for unit in units {
        match unit.role {
            Role::Answer(q, a) => {
                let question = &tree.questions[q];
                let cfg = question::cfg(&question.name, &question.answers[a].name);
                cfgs.push(format!("--cfg={cfg}"));
            }
            Role::Set(s) => _ = writeln!(sets, "        mod {};", tree.sets[s].name),
            Role::Control(c) => _ = writeln!(controls, "        mod {};", tree.controls[c].name),
            Role::Absence(q, a, n) => {
                _ = writeln!(absences, "    mod {};", absence_name(tree, q, a, n))
            }
        }
    }
    let mut support = String::new();
    for file in &tree.support {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        _ = writeln!(support, "    pub(crate) mod {name};");
    }
    let (compat, module) = (&tree.directory, &tree.module);
    let (list_module, controls_directory) = (&tree.list_module, &tree.controls_directory);
    let sets_directory = &tree.sets_directory;
    let text = format!(
        "// Made by compat-probe: the root of one pass over all answers that are not rejected yet.\n\
         #[path = {compat:?}]\nmod {module} {{\n{support}    pub(crate) mod {list_module};\n\
         \x20   #[path = {controls_directory:?}]\n    mod controls {{\n{controls}    }}\n\
         \x20   #[path = {sets_directory:?}]\n    mod together {{\n{sets}    }}\n}}\n\
         #[path = {directory:?}]\nmod absences {{\n{absences}}}\n"
    );
    (text, cfgs)
}
