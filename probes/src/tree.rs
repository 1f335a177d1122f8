// SPDX-License-Identifier: GPL-2.0

//! The source tree that is asked: the list of questions, what they lean on, and the wrong twins.

use crate::arguments::Request;
use crate::broken::{shown, Broken};
use crate::control::Twin;
use crate::question::{read, rust_files, Question};
use crate::source;
use std::path::{Path, PathBuf};

/// All source that takes part.
#[derive(Debug)]
pub(crate) struct Tree {
    /// The directory that is the module which holds everything, such as `compat`.
    pub(crate) directory: PathBuf,
    /// The name of that module.
    pub(crate) module: String,
    /// The file that lists the questions.
    pub(crate) list: PathBuf,
    /// The name of its module, such as `shims`.
    pub(crate) list_module: String,
    /// The support files.
    pub(crate) support: Vec<PathBuf>,
    /// The directory of the wrong twins.
    pub(crate) controls: PathBuf,
    pub(crate) twins: Vec<Twin>,
    pub(crate) questions: Vec<Question>,
}

impl Tree {
    /// Reads the tree that `request` names.
    pub(crate) fn read(request: &Request) -> Result<Self, Broken> {
        // The directory of the questions stands for the file that lists them.
        let list = match request.questions.is_dir() {
            true => absolute(&request.questions.with_extension("rs"))?,
            false => absolute(&request.questions)?,
        };
        let directory = list.parent().unwrap_or(Path::new("/")).to_path_buf();
        let below = list.with_extension("");
        let controls = match std::fs::canonicalize(&request.controls) {
            Ok(controls) => controls,
            Err(_) => request.controls.clone(),
        };
        let text = read(&list)?;
        let names = listed(&text);
        for found in rust_files(&below)? {
            if !names.contains(&found.as_str()) {
                return Err(Broken::new(
                    format!(
                        "{} does not list the question file {}",
                        shown(&list),
                        shown(&below.join(format!("{found}.rs")))
                    ),
                    format!("List it with `pub(crate) mod {found};`, or remove the file."),
                )
                .question(&found));
            }
        }
        let questions = names
            .iter()
            .map(|name| Question::read(&below, name))
            .collect::<Result<Vec<_>, _>>()?;
        if questions.is_empty() {
            return Err(Broken::new(
                format!("{} lists no question", shown(&list)),
                "List each question with `pub(crate) mod question;`.",
            ));
        }
        let support = request
            .support
            .iter()
            .map(|file| {
                let file = absolute(file)?;
                if file.parent() != Some(&directory) {
                    return Err(Broken::new(
                        format!("the support file {} does not lie beside {}", shown(&file), shown(&list)),
                        "Move it there, so that answers name it the same way in a probe and in the module.",
                    ));
                }
                Ok(file)
            })
            .collect::<Result<_, _>>()?;
        let twins = rust_files(&controls)?
            .iter()
            .map(|name| Twin::read(&controls, name))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            module: stem(&directory)?,
            list_module: stem(&list)?,
            directory,
            list,
            support,
            controls,
            twins,
            questions,
        })
    }

    /// Every file below the list of questions, below the support files, and the twins; with their text.
    pub(crate) fn sources(&self) -> Result<Vec<(PathBuf, String)>, Broken> {
        let mut files = Vec::new();
        let heads = [&self.list].into_iter().chain(&self.support);
        for head in heads {
            files.push(head.clone());
            rust_files_below(&head.with_extension(""), &mut files)?;
        }
        rust_files_below(&self.controls, &mut files)?;
        files.sort();
        files.dedup();
        files
            .into_iter()
            .map(|file| Ok((file.clone(), read(&file)?)))
            .collect()
    }
}

fn rust_files_below(directory: &Path, files: &mut Vec<PathBuf>) -> Result<(), Broken> {
    files.extend(
        rust_files(directory)?
            .iter()
            .map(|name| directory.join(format!("{name}.rs"))),
    );
    if let Ok(entries) = std::fs::read_dir(directory) {
        for entry in entries.flatten().filter(|entry| entry.path().is_dir()) {
            rust_files_below(&entry.path(), files)?;
        }
    }
    Ok(())
}

/// The modules that the list of questions declares.
fn listed(text: &str) -> Vec<&str> {
    source::tokens(text)
        .windows(3)
        .filter(|three| three[0].word() == Some("mod") && three[2].is(';'))
        .filter_map(|three| three[1].word())
        .collect()
}

fn absolute(path: &Path) -> Result<PathBuf, Broken> {
    std::fs::canonicalize(path)
        .map_err(|error| Broken::file("looking for", path, &error, "Name a file that is there."))
}

fn stem(path: &Path) -> Result<String, Broken> {
    path.file_stem()
        .and_then(|stem| stem.to_str())
        .map(str::to_string)
        .ok_or_else(|| {
            Broken::new(
                format!("{} has no name that a module could have", shown(path)),
                "Keep the questions in a directory whose name is a Rust identifier.",
            )
        })
}
