// SPDX-License-Identifier: GPL-2.0

//! The source tree of the questions: the list of them, their support files, and the negative
//! controls.

use crate::arguments::Request;
use crate::control::NegativeControl;
use crate::error::{DeclarationError, Error, FileError};
use crate::files::{directories, read, rust_files, rust_files_below};
use crate::question::Question;
use crate::set::Set;
use crate::source::{self, Token};
use std::path::{Path, PathBuf};

/// The directory of the sets of answers that have to go together, beside the questions.
const SETS: &str = "together";

/// All source that takes part in a run.
#[derive(Debug)]
pub(crate) struct Tree {
    /// The directory of the module that contains everything, such as `compat`.
    pub(crate) directory: PathBuf,
    /// The name of that module.
    pub(crate) module: String,
    /// The file that lists the questions.
    pub(crate) list: PathBuf,
    /// The name of its module, such as `shims`.
    pub(crate) list_module: String,
    /// The support files.
    pub(crate) support: Vec<PathBuf>,
    /// The directory of the negative controls.
    pub(crate) controls_directory: PathBuf,
    pub(crate) controls: Vec<NegativeControl>,
    /// The directory of the sets.
    pub(crate) sets_directory: PathBuf,
    pub(crate) sets: Vec<Set>,
    pub(crate) questions: Vec<Question>,
}

impl Tree {
    /// Reads the tree that `request` names.
    pub(crate) fn read(request: &Request) -> Result<Self, Error> {
        // The directory of the questions stands for the file that lists them.
        let list = match request.questions.is_dir() {
            true => absolute(&request.questions.with_extension("rs"))?,
            false => absolute(&request.questions)?,
        };
        let directory = list.parent().unwrap_or(Path::new("/")).to_path_buf();
        let controls_directory =
            std::fs::canonicalize(&request.controls).unwrap_or_else(|_| request.controls.clone());
        let controls = rust_files(&controls_directory)?
            .iter()
            .map(|name| NegativeControl::read(&controls_directory, name))
            .collect::<Result<_, _>>();
        let sets_directory = list.with_extension("").join(SETS);
        Ok(Self {
            questions: read_questions(&list, &controls_directory)?,
            support: request
                .support
                .iter()
                .map(|file| support_file(file, &list))
                .collect::<Result<_, _>>()?,
            controls: controls?,
            sets: Set::read_all(&sets_directory)?,
            sets_directory,
            module: identifier(stem(&directory)?),
            list_module: stem(&list)?,
            directory,
            list,
            controls_directory,
        })
    }

    /// Path and text of every file of the list of questions, of the support files and of the
    /// controls, with all files in the directories of their names. Sorted by path.
    pub(crate) fn sources(&self) -> Result<Vec<(PathBuf, String)>, Error> {
        let mut files = Vec::new();
        for file in [&self.list].into_iter().chain(&self.support) {
            files.push(file.clone());
            rust_files_below(&file.with_extension(""), &mut files)?;
        }
        rust_files_below(&self.controls_directory, &mut files)?;
        files.sort();
        files.dedup();
        files
            .into_iter()
            .map(|file| Ok((file.clone(), read(&file)?)))
            .collect()
    }

    /// Whether one of the `sources`, or of the names that must be absent, has the name of one of the
    /// `crates` in it. Nothing can use a crate otherwise: a procedural macro is in a crate too.
    pub(crate) fn names_any(&self, crates: &[&str], sources: &[(PathBuf, String)]) -> bool {
        let mut texts = sources.iter().map(|(_, text)| source::tokens(text));
        let answers = self.questions.iter().flat_map(|it| &it.answers);
        let mut absent = answers.flat_map(|answer| &answer.without);
        let is_crate = |word: &str| crates.contains(&word);
        absent.any(|path| path.split([':', '.']).any(is_crate))
            || texts.any(|tokens| tokens.iter().filter_map(Token::word).any(is_crate))
    }
}

/// The questions that `list` declares as modules. Each question file beside them has to be listed.
fn read_questions(list: &Path, controls: &Path) -> Result<Vec<Question>, Error> {
    let below = list.with_extension("");
    let text = read(list)?;
    let tokens = source::tokens(&text);
    let names: Vec<&str> = tokens
        .windows(3)
        .filter(|three| three[0].word() == Some("mod") && three[2].is(';'))
        .filter_map(|three| three[1].word())
        .collect();
    for found in rust_files(&below)? {
        if !names.contains(&found.as_str()) {
            let error = DeclarationError::QuestionNotListed {
                list: list.to_path_buf(),
                file: below.join(format!("{found}.rs")),
                name: found.clone(),
            };
            return Err(Error::from(error).in_question(&found));
        }
    }
    if names.is_empty() {
        let list = list.to_path_buf();
        return Err(DeclarationError::NoQuestion { list }.into());
    }
    check_directories(&below, &names, controls)?;
    names
        .iter()
        .map(|name| Question::read(&below, name))
        .collect()
}

/// Each directory beside the questions has to be the one of a question's answers, or of the controls.
/// A misspelt one would go unnoticed.
fn check_directories(below: &Path, names: &[&str], controls: &Path) -> Result<(), Error> {
    for directory in directories(below)? {
        let name = directory.file_name().and_then(|name| name.to_str());
        let is_question = name.is_some_and(|name| names.contains(&name));
        // That of the sets has a name of its own.
        let is_sets = name == Some(SETS);
        let is_controls = std::fs::canonicalize(&directory).is_ok_and(|path| path == controls);
        if !is_question && !is_controls && !is_sets && !rust_files(&directory)?.is_empty() {
            let controls = controls.to_path_buf();
            return Err(DeclarationError::StrayDirectory {
                directory,
                controls,
            }
            .into());
        }
    }
    Ok(())
}

/// The absolute path of a support file, which has to lie beside the list of questions.
fn support_file(file: &Path, list: &Path) -> Result<PathBuf, Error> {
    let file = absolute(file)?;
    match file.parent() == list.parent() {
        true => Ok(file),
        false => {
            let list = list.to_path_buf();
            Err(DeclarationError::SupportElsewhere { file, list }.into())
        }
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::fs::canonicalize(path)
        .map_err(|error| FileError::new("looking for", path, error, "Name a file that exists."))
}

/// A name for a module. A directory whose name cannot be one gets another: no path leads to it.
fn identifier(name: String) -> String {
    let is_word = name.chars().all(|c| c == '_' || c.is_alphanumeric());
    match is_word && !name.starts_with(|c: char| c.is_ascii_digit()) {
        true => name,
        false => "driver".to_string(),
    }
}

/// The name of the module that a file or directory holds.
fn stem(path: &Path) -> Result<String, Error> {
    match path.file_stem().and_then(|stem| stem.to_str()) {
        Some(stem) => Ok(stem.to_string()),
        None => {
            let path = path.to_path_buf();
            Err(DeclarationError::NoModuleName { path }.into())
        }
    }
}
