// SPDX-License-Identifier: GPL-2.0

//! A list of crates in the form of `rust-project.json`.

use crate::json::Value;
use std::path::{Path, PathBuf};

/// The crates described so far; one is known by its place in the list.
#[derive(Debug, Default)]
pub(crate) struct Crates {
    list: Vec<Value>,
    names: Vec<String>,
}

/// A crate to describe; what is left empty needs no word.
#[derive(Debug, Default)]
pub(crate) struct Crate<'a> {
    pub(crate) name: &'a str,
    pub(crate) root: PathBuf,
    /// The crates it uses, and the names it knows them by.
    pub(crate) uses: Vec<(usize, String)>,
    pub(crate) cfg: Vec<String>,
    pub(crate) environment: &'a [(&'a str, String)],
    /// A directory of generated files that belong to it.
    pub(crate) generated: Option<&'a Path>,
    /// The library that makes its macros, for the compiler and for rust-analyzer.
    pub(crate) macros: Option<PathBuf>,
    /// The directory of the project, for the project's own crates: their modules lie all over it.
    pub(crate) project: Option<&'a Path>,
}

impl Crates {
    /// Describes a crate, and tells its place.
    pub(crate) fn add(&mut self, it: Crate<'_>) -> usize {
        let uses = it.uses.iter().map(|(index, name)| {
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
        let built = it
            .project
            .map(|project| ["build", "target"].map(|name| project.join(name)));
        let mut members = vec![
            ("display_name", it.name.into()),
            ("root_module", text(&it.root)),
            ("edition", "2021".into()),
            ("deps", Value::List(uses.collect())),
            ("cfg", it.cfg.into_iter().collect()),
            ("env", Value::Object(environment.collect())),
            ("is_workspace_member", Value::Bool(it.project.is_some())),
            (
                "source",
                Value::object([
                    ("include_dirs", Value::List(include.map(text).collect())),
                    (
                        "exclude_dirs",
                        Value::List(built.iter().flatten().map(|path| text(path)).collect()),
                    ),
                ]),
            ),
            ("is_proc_macro", Value::Bool(it.macros.is_some())),
        ];
        members.extend(
            it.macros
                .iter()
                .map(|path| ("proc_macro_dylib_path", text(path))),
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

    /// Those of `names` that are described, to be used by these names.
    pub(crate) fn those<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Vec<(usize, String)> {
        let found = names.into_iter().filter_map(|name| {
            let index = self.names.iter().position(|known| known == name)?;
            Some((index, name.to_string()))
        });
        found.collect()
    }

    /// The list as it stands in the file.
    pub(crate) fn list(self) -> Value {
        Value::List(self.list)
    }
}

/// A path as a value.
pub(crate) fn text(path: &Path) -> Value {
    path.display().to_string().into()
}
