// SPDX-License-Identifier: GPL-2.0

//! An error of the compiler, and the places it speaks of.

use crate::broken::shown;
use crate::json::{self, Value};
use std::path::{Path, PathBuf};

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: PathBuf,
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// The byte offset in the file.
    pub(crate) at: usize,
}

/// An error.
#[derive(Clone, Debug)]
pub(crate) struct Diagnostic {
    /// Its code, such as `E0308`; syntax errors and those of macros have none.
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    /// What the compiler wrote beneath the first primary place.
    label: String,
    /// Whether the compiler itself has failed.
    pub(crate) crash: bool,
    /// As the compiler would have printed it.
    pub(crate) rendered: String,
    /// The primary places. Inside a macro the place in the macro comes first, then those that called it.
    pub(crate) primary: Vec<Place>,
    /// Whether the primary place is inside a macro.
    pub(crate) in_macro: bool,
    /// The files of all other places that the error and its notes point at.
    pub(crate) others: Vec<PathBuf>,
}

impl Diagnostic {
    /// Reads a line that `rustc --error-format=json` printed; `None` if it is no error.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let value = json::parse(line)?;
        let message = value.text_of("message");
        // The closing count of errors is an error to rustc, but none of its own.
        if !value.text_of("level").starts_with("error") || message.starts_with("aborting due to") {
            return None;
        }
        let spans = value.list_of("spans");
        let mut primary = Vec::new();
        let mut in_macro = false;
        let first = spans
            .iter()
            .find(|span| span.get("is_primary") == Some(&Value::Bool(true)));
        let mut next = first;
        while let Some(span) = next {
            primary.push(place(span));
            next = span
                .get("expansion")
                .and_then(|expansion| expansion.get("span"));
            in_macro |= next.is_some();
        }
        let mut others = Vec::new();
        collect_files(&value, &mut others);
        Some(Self {
            code: value
                .get("code")
                .and_then(|code| code.get("code"))
                .and_then(Value::text)
                .map(str::to_string),
            message: message.to_string(),
            crash: value.text_of("level").contains("internal compiler error"),
            label: first.map_or("", |span| span.text_of("label")).to_string(),
            rendered: value.text_of("rendered").to_string(),
            primary,
            in_macro,
            others,
        })
    }

    /// An error that the compiler printed as plain text.
    pub(crate) fn plain(text: &str) -> Self {
        Self {
            code: None,
            message: text.strip_prefix("error: ").unwrap_or(text).to_string(),
            crash: false,
            label: String::new(),
            rendered: text.to_string(),
            primary: Vec::new(),
            in_macro: false,
            others: Vec::new(),
        }
    }

    /// Code and message in one line, without the place.
    pub(crate) fn title(&self) -> String {
        let code = self
            .code
            .as_ref()
            .map_or(String::new(), |code| format!("[{code}]"));
        let mut title = format!("error{code}: {}", self.message.lines().next().unwrap_or(""));
        if !self.label.is_empty() && !self.message.contains(&self.label) {
            title.push_str(&format!(": {}", self.label.replace('\n', " ")));
        }
        title
    }

    /// The compiler's first words and where it says them.
    pub(crate) fn words(&self) -> String {
        match self.primary.first() {
            Some(place) => {
                format!(
                    "{} ({}:{}:{})",
                    self.title(),
                    shown(&place.file),
                    place.line,
                    place.column
                )
            }
            None => self.title(),
        }
    }

    /// Whether one of the primary places is in a file that `holds` says yes to.
    pub(crate) fn is_in(&self, holds: impl Fn(&Path) -> bool) -> bool {
        self.primary.iter().any(|place| holds(&place.file))
    }
}

fn place(span: &Value) -> Place {
    Place {
        file: PathBuf::from(span.text_of("file_name")),
        line: span.number_of("line_start"),
        column: span.number_of("column_start"),
        at: span.number_of("byte_start"),
    }
}

fn collect_files(value: &Value, files: &mut Vec<PathBuf>) {
    for span in value.list_of("spans") {
        files.push(PathBuf::from(span.text_of("file_name")));
    }
    for child in value.list_of("children") {
        collect_files(child, files);
    }
}
