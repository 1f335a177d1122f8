// SPDX-License-Identifier: GPL-2.0

//! The files that one pass compiles together, and the root that brings them in.

use crate::broken::{shown, Broken};
use crate::question;
use crate::tree::Tree;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What a file in a pass stands for. Numbers are places in [`Tree`]'s lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The answer to a question.
    Answer(usize, usize),
    /// A wrong twin.
    Twin(usize),
    /// A use of what an answer (question, answer, place in its list) wants absent.
    Absence(usize, usize, usize),
}

/// A file that is judged by itself.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) role: Role,
    pub(crate) file: PathBuf,
}

impl Unit {
    /// Whether `path` is this unit's file or one of its submodules.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        path == self.file || path.starts_with(self.file.with_extension(""))
    }
}

/// All units of the tree; those that name what must be absent are written into the directory `made`.
pub(crate) fn all(tree: &Tree, crates: &[&str], made: &Path) -> Result<Vec<Unit>, Broken> {
    let mut units = Vec::new();
    for (q, question) in tree.questions.iter().enumerate() {
        for (a, answer) in question.answers.iter().enumerate() {
            units.push(Unit {
                role: Role::Answer(q, a),
                file: answer.file.clone(),
            });
            for (n, name) in answer.without.iter().enumerate() {
                let text = absence(name, crates).ok_or_else(|| {
                    Broken::new(
                        format!("{}: `Only without: {name}` names nothing of {}", shown(&answer.file), crates.join(", ")),
                        "Name a path such as `bindings::vfs_mkdir`, or a field such as `bindings::file_operations.iopoll`.",
                    )
                    .question(&question.name)
                })?;
                let file = made.join(format!("{}.rs", absence_name(tree, q, a, n)));
                std::fs::write(&file, text).map_err(|error| {
                    Broken::file(
                        "writing the unit",
                        &file,
                        &error,
                        "Make the directory for generated files writable.",
                    )
                })?;
                units.push(Unit {
                    role: Role::Absence(q, a, n),
                    file,
                });
            }
        }
    }
    let twins = tree.twins.iter().enumerate();
    units.extend(twins.map(|(t, twin)| Unit {
        role: Role::Twin(t),
        file: twin.file.clone(),
    }));
    Ok(units)
}

fn absence_name(tree: &Tree, q: usize, a: usize, n: usize) -> String {
    let question = &tree.questions[q];
    format!("without_{}_{}_{n}", question.name, question.answers[a].name)
}

/// Source that compiles only where the kernel offers `name`: a path, or a field `path.field`.
fn absence(name: &str, crates: &[&str]) -> Option<String> {
    let (path, field) = name
        .split_once('.')
        .map_or((name, None), |(path, field)| (path, Some(field)));
    let identifier =
        |word: &str| !word.is_empty() && word.chars().all(|c| c == '_' || c.is_alphanumeric());
    let mut segments = path.split("::");
    if !crates.contains(&segments.next()?) || !path.contains("::") || !segments.all(identifier) {
        return None;
    }
    let head =
        format!("// Made by compat-probe: this compiles only where the kernel offers `{name}`.\n");
    match field {
        None => Some(format!("{head}use {path} as _;\n")),
        Some(field) if identifier(field) => Some(format!(
            "{head}pub unsafe fn offered(it: *const {path}) {{\n    let _ = unsafe {{ ::core::ptr::addr_of!((*it).{field}) }};\n}}\n"
        )),
        Some(_) => None,
    }
}

/// The root of a pass over `units`, and the cfgs that go with it.
///
/// The modules lie in it as they do in the real crate, so that an answer names what it uses by the same
/// paths here and there.
pub(crate) fn root(tree: &Tree, units: &[Unit], made: &Path) -> (String, Vec<String>) {
    let mut twins = String::new();
    let mut absences = String::new();
    let mut cfgs = Vec::new();
    for unit in units {
        match unit.role {
            Role::Answer(q, a) => {
                let question = &tree.questions[q];
                cfgs.push(format!(
                    "--cfg={}",
                    question::cfg(&question.name, &question.answers[a].name)
                ));
            }
            Role::Twin(t) => _ = writeln!(twins, "        mod {};", tree.twins[t].name),
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
    let Tree {
        directory,
        module,
        list_module,
        controls,
        ..
    } = tree;
    let text = format!(
        "// Made by compat-probe: the root of one pass over all answers that are still in it.\n\
         #[path = {directory:?}]\nmod {module} {{\n{support}    pub(crate) mod {list_module};\n\
         \x20   #[path = {controls:?}]\n    mod controls {{\n{twins}    }}\n}}\n\
         #[path = {made:?}]\nmod absences {{\n{absences}}}\n"
    );
    (text, cfgs)
}
