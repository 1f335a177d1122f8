// SPDX-License-Identifier: GPL-2.0

//! The list of crates in `rust-project.json`.

use crate::json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The crates described so far. Crates refer to each other by their indices in the list.
#[derive(Debug, Default)]
pub(crate) struct Crates {
    list: Vec<Value>,
    names: Vec<String>,
}

/// A crate to describe.
#[derive(Debug, Default)]
pub(crate) struct Crate<'a> {
    pub(crate) name: &'a str,
    pub(crate) root: PathBuf,
    /// The index of each dependency, and its name in this crate.
    pub(crate) dependencies: Vec<(usize, String)>,
    pub(crate) cfg: Vec<String>,
    pub(crate) environment: &'a [(&'a str, String)],
    /// A directory of generated files that it includes.
    pub(crate) generated: Option<&'a Path>,
    /// For a crate of procedural macros: its compiled library.
    pub(crate) macro_library: Option<PathBuf>,
    /// For a crate of the project: the project's directory, because its modules may lie anywhere in
    /// it.
    pub(crate) project: Option<&'a Path>,
}

impl Crates {
    /// Adds a crate, and returns its index.
    pub(crate) fn add(&mut self, it: Crate<'_>) -> usize {
        let dependencies = it.dependencies.iter().map(|(index, name)| {
            Value::object([
                ("crate", Value::Number(*index as f64)),
                ("name", name.as_str().into()),
            ])
        });
        let environment = it.environment.iter();
        let environment =
            environment.map(|(name, value)| (name.to_string(), value.as_str().into()));
        let directory = it.project.or(it.root.parent()).unwrap_or(&it.root);
        let include = [Some(directory), it.generated].into_iter().flatten();
        // These directories have generated files only.
        let built = it
            .project
            .map(|project| ["build", "target"].map(|name| project.join(name)));
        let mut members = vec![
            ("display_name", it.name.into()),
            ("root_module", path_value(&it.root)),
            ("edition", "2021".into()),
            ("deps", Value::List(dependencies.collect())),
            ("cfg", it.cfg.into_iter().collect()),
            ("env", Value::Object(environment.collect())),
            ("is_workspace_member", Value::Bool(it.project.is_some())),
            (
                "source",
                Value::object([
                    (
                        "include_dirs",
                        Value::List(include.map(path_value).collect()),
                    ),
                    (
                        "exclude_dirs",
                        Value::List(
                            built
                                .iter()
                                .flatten()
                                .map(|path| path_value(path))
                                .collect(),
                        ),
                    ),
                ]),
            ),
            ("is_proc_macro", Value::Bool(it.macro_library.is_some())),
        ];
        members.extend(
            it.macro_library
                .iter()
                .map(|path| ("proc_macro_dylib_path", path_value(path))),
        );
        let members = members.into_iter();
        self.list.push(Value::Object(
            members
                .map(|(name, value)| (name.to_string(), value))
                .collect(),
        ));
        self.names.push(it.name.to_string());
        self.list.len() - 1
    }

    /// The crates among `names` that have been added, as [`Crate::dependencies`].
    pub(crate) fn dependencies<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Vec<(usize, String)> {
        let found = names.into_iter().filter_map(|name| {
            let index = self.names.iter().position(|known| known == name)?;
            Some((index, name.to_string()))
        });
        found.collect()
    }

    /// The list as JSON.
    pub(crate) fn list(self) -> Value {
        Value::List(self.list)
    }
}

/// A path as JSON.
pub(crate) fn path_value(path: &Path) -> Value {
    path.display().to_string().into()
}

/// The absolute path of a file or directory that exists.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, String> {
    fs::canonicalize(path).map_err(|error| {
        format!(
            "{} cannot be used ({error}): run `make` first.",
            path.display()
        )
    })
}
