// SPDX-License-Identifier: GPL-2.0

//! The names of the kernel that a driver uses: in bindgen's arguments, in its headers, and in its
//! Rust sources.

use super::c;
use super::items::{File, Kind};
use crate::error::Error;
use crate::files::{read, rust_files_below};
use crate::paths::display;
use crate::source;
use crate::symbol;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

/// Words before a parenthesis that are no functions.
const NO_NAMES: [&str; 8] = [
    "for", "if", "return", "sizeof", "switch", "typeof", "while", "defined",
];

/// What a driver uses.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// The files that use each name.
    used: BTreeMap<String, BTreeSet<String>>,
    /// Every word in the Rust sources, and every member in the headers. The members of structures
    /// that are not among these words are not used.
    pub(crate) words: HashSet<String>,
    /// The kernel's headers that the headers include, such as `linux/fs.h`.
    pub(crate) includes: Vec<String>,
    /// What the headers define themselves.
    own: HashSet<String>,
    /// Names that may be those of local variables.
    guesses: HashSet<String>,
}

impl Names {
    /// Reads the files with names, and all Rust files below `sources`.
    pub(crate) fn read(lists: &[PathBuf], sources: &Path, bindings: &str) -> Result<Self, Error> {
        let mut names = Self::default();
        for list in lists {
            let text = read(list)?;
            match list.extension().is_some_and(|ending| ending == "h") {
                true => names.header(list, &text),
                false => names.arguments(&text),
            }
        }
        let mut files = Vec::new();
        rust_files_below(sources, &mut files)?;
        for file in &files {
            let text = read(file)?;
            for name in symbol::used(&text, bindings, file)? {
                names.add(&name, file);
            }
            let words = source::tokens(&text);
            names.words.extend(
                words
                    .iter()
                    .filter_map(|token| Some(token.word()?.to_string())),
            );
        }
        names.used.retain(|name, _| {
            let name = name.as_str();
            !names.own.contains(name) && !name.contains("__bindgen") && name != "ffi"
        });
        Ok(names)
    }

    /// The names, sorted.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.used.keys().map(String::as_str)
    }

    /// Whether a name may be that of a local variable. It matters only if a kernel has it.
    pub(crate) fn is_guess(&self, name: &str) -> bool {
        self.guesses.contains(name)
    }

    /// How many names there are.
    pub(crate) fn len(&self) -> usize {
        self.used.len()
    }

    /// The files that use a name, sorted.
    pub(crate) fn files(&self, name: &str) -> Vec<&str> {
        let files = self.used.get(name).into_iter().flatten();
        files.map(String::as_str).collect()
    }

    fn add(&mut self, name: &str, file: &Path) {
        let file = display(file);
        self.used.entry(name.to_string()).or_default().insert(file);
    }

    /// Adds the names in arguments of bindgen. What has other characters than a name is a pattern:
    /// of what it matches, the sources name what they use.
    fn arguments(&mut self, text: &str) {
        let lines = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'));
        let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
        for two in words.windows(2) {
            let name = two[1].trim_matches(['\'', '"']);
            if two[0].starts_with("--allowlist-") && name.bytes().all(c::in_word) {
                // Another file uses it.
                self.used.entry(name.to_string()).or_default();
            }
        }
    }

    /// Adds the names that a header of the driver uses: the functions and macros that it calls, the
    /// structures, the constants in capitals, the types in `_t`, and variables whose address it
    /// takes.
    fn header(&mut self, file: &Path, text: &str) {
        let parsed = File::new(String::new(), text.to_string());
        let own = parsed
            .items
            .iter()
            .filter(|item| item.kind != Kind::Prototype);
        self.own.extend(own.map(|item| item.name.clone()));
        for token in c::tokens(text) {
            if token.kind == c::Kind::Directive {
                self.includes.extend(included(token.text));
            }
        }
        let tokens: Vec<c::Token<'_>> = c::tokens(text)
            .into_iter()
            .filter(c::Token::is_code)
            .collect();
        for (at, token) in tokens.iter().enumerate() {
            let Some(word) = token.word() else { continue };
            let before = |back: usize| at.checked_sub(back).map_or("", |at| tokens[at].text);
            if before(1) == "." || (before(2) == "-" && before(1) == ">") {
                self.words.insert(word.to_string());
                continue;
            }
            let is_tag = ["struct", "union", "enum"].contains(&before(1));
            let is_called = tokens.get(at + 1).is_some_and(|next| next.is("("));
            let in_capitals = word.len() > 1
                && word.starts_with(|first: char| first == '_' || first.is_ascii_uppercase())
                && !word.bytes().any(|byte| byte.is_ascii_lowercase());
            if NO_NAMES.contains(&word) {
                continue;
            }
            if is_tag || is_called || in_capitals || word.ends_with("_t") {
                self.add(word, file);
            } else if before(1) == "&" && !self.used.contains_key(word) {
                self.add(word, file);
                self.guesses.insert(word.to_string());
            }
        }
    }
}

/// The header in angle brackets that a directive includes.
pub(crate) fn included(directive: &str) -> Option<String> {
    let text = c::condensed(directive).replace(' ', "");
    let name = text.strip_prefix("include<")?.strip_suffix('>')?;
    Some(name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(of: impl Fn(&mut Names)) -> Vec<String> {
        let mut names = Names::default();
        of(&mut names);
        names.used.into_keys().collect()
    }

    #[test]
    fn arguments_of_bindgen_name_functions_types_and_variables() {
        let text = "--use-core\n# --allowlist-type no\n--allowlist-function vfs_mkdir\n\
                    --allowlist-type inode\n--allowlist-var SHIM_.*\n--opaque-type not\n";
        let names = used(|names| names.arguments(text));
        assert_eq!(names, ["inode", "vfs_mkdir"]);
    }

    #[test]
    fn headers_name_what_they_call_and_the_members_that_they_use() {
        let text = "#include <linux/fs.h>\n#include \"own.h\"\n/* not(this) */\n\
                    static inline errseq_t f(const struct dentry *one)\n{\n\tint local = S_IFDIR;\n\
                    \treturn g(&one->d_name, &nop_idmap, one.d_flags) ? \"not(this)\" : local;\n}\n";
        let mut names = Names::default();
        names.header(Path::new("helpers.h"), text);
        let found: Vec<&str> = names.used.keys().map(String::as_str).collect();
        assert_eq!(
            found,
            [
                "S_IFDIR",
                "dentry",
                "errseq_t",
                "f",
                "g",
                "nop_idmap",
                "one"
            ]
        );
        assert_eq!(names.includes, ["linux/fs.h"]);
        assert!(names.is_guess("nop_idmap") && !names.is_guess("g"));
        assert!(names.own.contains("f") && names.words.contains("d_name"));
        assert!(names.words.contains("d_flags"));
    }
}
