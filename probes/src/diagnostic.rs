// SPDX-License-Identifier: GPL-2.0

//! An error of the compiler, and the source files that it points at.

use crate::json::{self, Value};
use crate::paths::display;
use std::path::{Path, PathBuf};

/// A place in a source file, as rustc calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) file: PathBuf,
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// The byte offset in the file.
    pub(crate) offset: usize,
}

/// An error of the compiler.
#[derive(Clone, Debug)]
pub(crate) struct Diagnostic {
    /// The code, such as `E0308`. Syntax errors and errors of macros have none.
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    /// The compiler's text below the first primary span.
    label: String,
    /// Whether the compiler itself has failed.
    pub(crate) crash: bool,
    /// The whole message, as the compiler prints it for people.
    pub(crate) rendered: String,
    /// The first primary span. For an error inside a macro, the span in the macro, then the spans
    /// of its calls, innermost first.
    pub(crate) primary: Vec<Span>,
    /// Whether the first primary span is inside a macro.
    pub(crate) in_macro: bool,
    /// The files of all spans of the error and its notes.
    pub(crate) files: Vec<PathBuf>,
}

impl Diagnostic {
    /// Reads a line of `rustc --error-format=json`; `None` if it is not an error.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let value = json::parse(line)?;
        let message = value.text_of("message");
        // rustc prints the final count of errors as an error too.
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
            primary.push(read_span(span));
            next = span
                .get("expansion")
                .and_then(|expansion| expansion.get("span"));
            in_macro |= next.is_some();
        }
        let mut files = Vec::new();
        collect_files(&value, &mut files);
        Some(Self {
            code: value
                .get("code")
                .and_then(|code| code.get("code"))
                .and_then(Value::text)
                .map(str::to_string),
            message: message.to_string(),
            crash: value.text_of("level").contains("internal compiler error"),
            label: label(first, &value),
            rendered: value.text_of("rendered").to_string(),
            primary,
            in_macro,
            files,
        })
    }

    /// An error that was not printed as JSON.
    pub(crate) fn plain(text: &str) -> Self {
        Self {
            code: None,
            message: text.strip_prefix("error: ").unwrap_or(text).to_string(),
            crash: false,
            label: String::new(),
            rendered: text.to_string(),
            primary: Vec::new(),
            in_macro: false,
            files: Vec::new(),
        }
    }

    /// Code, message and label in one line, without the span.
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

    /// The title, and the first primary span; of a macro, where it is called.
    pub(crate) fn title_and_span(&self) -> String {
        match self.primary.last() {
            Some(span) => format!(
                "{} ({}:{}:{})",
                self.title(),
                display(&span.file),
                span.line,
                span.column
            ),
            None => self.title(),
        }
    }

    /// The compiler's text below the first primary span.
    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    /// Whether the types of two things differ.
    pub(crate) fn is_mismatch(&self) -> bool {
        self.code.as_deref() == Some("E0308")
    }

    /// Whether `contains` returns true for the file of one of the primary spans.
    pub(crate) fn is_in(&self, contains: impl Fn(&Path) -> bool) -> bool {
        self.primary.iter().any(|span| contains(&span.file))
    }
}

/// The text below the first primary span. That of a function with another type than stated does not
/// say the types; a note does.
fn label(span: Option<&Value>, error: &Value) -> String {
    let notes = error.list_of("children").iter();
    let mut notes = notes.map(|note| note.text_of("message"));
    match notes.find(|note| note.starts_with("expected fn pointer")) {
        Some(types) => types.split_whitespace().collect::<Vec<_>>().join(" "),
        None => span.map_or("", |span| span.text_of("label")).to_string(),
    }
}

fn read_span(span: &Value) -> Span {
    Span {
        file: PathBuf::from(span.text_of("file_name")),
        line: span.number_of("line_start"),
        column: span.number_of("column_start"),
        offset: span.number_of("byte_start"),
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
