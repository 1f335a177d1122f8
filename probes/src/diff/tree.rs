// SPDX-License-Identifier: GPL-2.0

//! A kernel's headers and sources, as far as they declare or define what is looked for.

use super::c::{in_word, words};
use super::items::{File, Item, Kind};
use super::names::included;
use crate::kernel;
use crate::symbol;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

/// The directories with sources that drivers for every machine can call.
const SOURCES: [&str; 9] = [
    "block", "fs", "init", "io_uring", "ipc", "kernel", "lib", "mm", "security",
];
/// The directories of headers, in the order in which an include is looked for. Those of a processor
/// are not among them.
const HEADERS: [&str; 4] = [
    "include",
    "include/uapi",
    "include/asm-generic",
    "include/uapi/asm-generic",
];

/// A kernel.
#[derive(Debug)]
pub(crate) struct Tree {
    /// The directory that was named.
    pub(crate) named: PathBuf,
    /// The directory with the headers.
    root: PathBuf,
    files: Vec<File>,
    /// The files of that number at the beginning are headers that the driver includes.
    headers: usize,
    index: HashMap<String, Vec<(usize, usize)>>,
    /// The exports in Module.symvers; none if the sources show them.
    symvers: Option<HashMap<String, String>>,
}

/// An item in its file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    pub(crate) file: &'a File,
    pub(crate) item: &'a Item,
}

impl<'a> Found<'a> {
    /// Its text without the comment above.
    pub(crate) fn text(&self) -> &'a str {
        &self.file.text[self.item.place.clone()]
    }

    /// Its text with the comment above, and the line in which that begins.
    pub(crate) fn with_comment(&self) -> (&'a str, usize) {
        let begin = match self.item.comment.is_empty() {
            true => self.item.place.start,
            false => self.item.comment.start,
        };
        (
            &self.file.text[begin..self.item.place.end],
            self.file.line(begin),
        )
    }

    /// The text between its braces.
    pub(crate) fn body(&self) -> &'a str {
        &self.file.text[self.item.body.clone()]
    }

    /// Its text before the brace.
    pub(crate) fn head(&self) -> &'a str {
        let end = match self.item.body.is_empty() {
            true => self.item.place.end,
            false => self.item.body.start - 1,
        };
        &self.file.text[self.item.place.start..end]
    }

    /// File and line.
    pub(crate) fn place(&self) -> String {
        format!(
            "{}:{}",
            self.file.path,
            self.file.line(self.item.place.start)
        )
    }
}

impl Tree {
    /// Finds the headers that `named` has or leads to.
    pub(crate) fn open(named: &Path) -> Result<Self, String> {
        let mut trees = kernel::trees(named).into_iter();
        let root = trees.find(|tree| tree.join("include/linux").is_dir());
        let Some(root) = root else {
            return Err(format!(
                "{} is neither the source tree of a kernel nor the directory of its headers (it does not lead to include/linux): name another directory.",
                named.display()
            ));
        };
        Ok(Self {
            named: named.to_path_buf(),
            root,
            files: Vec::new(),
            headers: 0,
            index: HashMap::new(),
            symvers: None,
        })
    }

    /// The version, as the kernel's Makefile has it; empty if it has none.
    pub(crate) fn version(&self) -> String {
        let makefile = self.text("Makefile").unwrap_or_default();
        let value = |name: &str| {
            let mut lines = makefile.lines();
            lines.find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix('='))
        };
        let numbers = ["VERSION", "PATCHLEVEL", "SUBLEVEL"]
            .iter()
            .filter_map(|name| value(name));
        let numbers: Vec<&str> = numbers.map(str::trim).collect();
        numbers.join(".") + value("EXTRAVERSION").unwrap_or("").trim()
    }

    /// The text of a file; `None` if there is no such file.
    pub(crate) fn text(&self, path: &str) -> Option<String> {
        let bytes = fs::read(self.root.join(path)).ok()?;
        Some(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })
    }

    /// Whether it has the sources of functions.
    pub(crate) fn has_sources(&self) -> bool {
        !self.sources(&["c"]).is_empty()
    }

    /// Reads the headers that `includes` lead to, or all without any.
    pub(crate) fn read_headers(&mut self, includes: &[String]) {
        let mut queue: VecDeque<String> =
            includes.iter().flat_map(|name| self.header(name)).collect();
        if includes.is_empty() {
            queue.extend(self.below(&["include/linux", "include/uapi/linux"], &["h"]));
        }
        let mut seen: HashSet<String> = queue.iter().cloned().collect();
        while let Some(path) = queue.pop_front() {
            let Some(text) = self.text(&path) else {
                continue;
            };
            for line in text
                .lines()
                .filter(|line| line.trim_start().starts_with('#'))
            {
                let headers = included(line.trim_start()).map(|name| self.header(&name));
                for header in headers.into_iter().flatten() {
                    if seen.insert(header.clone()) {
                        queue.push_back(header);
                    }
                }
            }
            self.add(path, text);
        }
        self.headers = self.files.len();
    }

    /// The paths that an include may mean.
    fn header(&self, name: &str) -> Vec<String> {
        let generic = name.strip_prefix("asm/");
        let paths = HEADERS.iter().map(|directory| match generic {
            Some(name) if directory.ends_with("asm-generic") => format!("{directory}/{name}"),
            _ => format!("{directory}/{name}"),
        });
        let mut found: Vec<String> = paths
            .filter(|path| self.root.join(path).is_file())
            .collect();
        if generic.is_none() {
            found.truncate(1);
        }
        found
    }

    /// Reads the sources that define or export one of the functions.
    pub(crate) fn read_sources(&mut self, wanted: &HashSet<&str>) {
        for path in self.sources(&["c"]) {
            if let Some(text) = self.text(&path) {
                if declares(&text, wanted, true) {
                    self.add(path, text);
                }
            }
        }
        if !self.has_sources() {
            self.read_symvers(wanted);
        }
    }

    /// Reads the exports in the Module.symvers of the directory that was named.
    fn read_symvers(&mut self, wanted: &HashSet<&str>) {
        let path = self.named.join("Module.symvers");
        let Ok(text) = fs::read_to_string(&path) else {
            return;
        };
        // An invalid file is one that says nothing.
        let Ok(exports) = symbol::exports(&path, &text, wanted) else {
            return;
        };
        let exports =
            exports
                .into_iter()
                .map(|(name, (kind, namespace))| match namespace.as_str() {
                    "" => (name, kind),
                    namespace => (name, format!("{kind} in {namespace}")),
                });
        self.symvers = Some(exports.collect());
    }

    /// Reads the sources beside those that define one of the functions, if they contain one of the
    /// texts.
    pub(crate) fn read_beside(&mut self, wanted: &HashSet<&str>, texts: &[String]) {
        let defined = wanted.iter().flat_map(|name| self.defined(name));
        let directories: HashSet<String> = defined
            .map(|it| directory(&it.file.path).to_string())
            .collect();
        let read: HashSet<String> = self.files.iter().map(|file| file.path.clone()).collect();
        for path in self.sources(&["c"]) {
            if !directories.contains(directory(&path)) || read.contains(&path) {
                continue;
            }
            if let Some(text) = self.text(&path) {
                if texts.iter().any(|pattern| text.contains(pattern.as_str())) {
                    self.add(path, text);
                }
            }
        }
    }

    /// Where names are declared or defined, in files that have not been read.
    pub(crate) fn search(&self, names: &HashSet<&str>) -> Vec<(String, String)> {
        let read: HashSet<&str> = self.files.iter().map(|file| file.path.as_str()).collect();
        let mut paths = self.below(&["include"], &["h"]);
        paths.extend(self.sources(&["c", "h"]));
        let mut found = Vec::new();
        for path in paths
            .into_iter()
            .filter(|path| !read.contains(path.as_str()))
        {
            let text = match self.text(&path) {
                Some(text) if declares(&text, names, false) => text,
                _ => continue,
            };
            let file = File::new(path, text);
            for item in file
                .items
                .iter()
                .filter(|item| names.contains(item.name.as_str()))
            {
                let it = Found { file: &file, item };
                found.push((item.name.clone(), described(&it)));
            }
        }
        found
    }

    fn add(&mut self, path: String, text: String) {
        let file = File::new(path, text);
        for (at, item) in file.items.iter().enumerate() {
            let places = self.index.entry(item.name.clone()).or_default();
            places.push((self.files.len(), at));
        }
        self.files.push(file);
    }

    /// The paths of the sources with one of the endings.
    fn sources(&self, endings: &[&str]) -> Vec<String> {
        self.below(&SOURCES, endings)
    }

    /// The paths of the files below directories that have one of the endings, sorted.
    fn below(&self, directories: &[&str], endings: &[&str]) -> Vec<String> {
        let mut found = BTreeSet::new();
        let mut queue: Vec<String> = directories.iter().map(|name| name.to_string()).collect();
        while let Some(directory) = queue.pop() {
            let Ok(entries) = fs::read_dir(self.root.join(&directory)) else {
                continue;
            };
            for entry in entries.flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = format!("{directory}/{name}");
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => queue.push(path),
                    _ if endings
                        .iter()
                        .any(|ending| name.ends_with(&format!(".{ending}"))) =>
                    {
                        found.insert(path);
                    }
                    _ => {}
                }
            }
        }
        found.into_iter().collect()
    }

    /// Everything that is declared by a name, in headers first.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = Found<'_>> {
        let places = self.index.get(name).into_iter().flatten();
        places.map(|(file, item)| {
            let file = &self.files[*file];
            Found {
                file,
                item: &file.items[*item],
            }
        })
    }

    /// What the headers of the driver declare by a name, of these kinds.
    pub(crate) fn declared(&self, name: &str, kinds: &[Kind]) -> Vec<Found<'_>> {
        let places = self.index.get(name).into_iter().flatten();
        let in_headers = places.filter(|(file, _)| *file < self.headers);
        let found = in_headers.map(|(file, item)| Found {
            file: &self.files[*file],
            item: &self.files[*file].items[*item],
        });
        found.filter(|it| kinds.contains(&it.item.kind)).collect()
    }

    /// The definitions of a function: those that a caller elsewhere calls.
    pub(crate) fn defined(&self, name: &str) -> Vec<Found<'_>> {
        let functions = self.all(name).filter(|it| it.item.kind == Kind::Function);
        functions
            .filter(|it| it.file.path.starts_with("include/") || !it.item.is_static)
            .collect()
    }

    /// The function of a file, or, without a path, what [`Tree::defined`] finds.
    pub(crate) fn defined_in(&self, path: &str, name: &str) -> Vec<Found<'_>> {
        if path.is_empty() {
            return self.defined(name);
        }
        let functions = self.all(name).filter(|it| it.item.kind == Kind::Function);
        functions.filter(|it| it.file.path == path).collect()
    }

    /// How a symbol is exported; an empty text if it is not, `None` if the tree does not show it.
    pub(crate) fn export(&self, name: &str) -> Option<String> {
        if let Some(symvers) = &self.symvers {
            return Some(symvers.get(name).cloned().unwrap_or_default());
        }
        self.has_read_sources().then(|| {
            let mut exports = self.all(name).filter(|it| it.item.kind == Kind::Export);
            exports
                .next()
                .map_or(String::new(), |it| it.item.value.clone())
        })
    }

    /// Whether sources have been read.
    pub(crate) fn has_read_sources(&self) -> bool {
        self.files.len() > self.headers
    }

    /// Whether exports are known from Module.symvers only, which has those of one configuration.
    pub(crate) fn has_symvers_only(&self) -> bool {
        self.symvers.is_some()
    }

    /// The files of the headers, and how many there are.
    pub(crate) fn headers(&self) -> &[File] {
        &self.files[..self.headers]
    }

    /// The files of the sources that have been read.
    pub(crate) fn read_files(&self) -> &[File] {
        &self.files
    }
}

/// What an item is, and where.
fn described(it: &Found<'_>) -> String {
    let kind = match it.item.kind {
        Kind::Function if it.item.is_static => "static in",
        Kind::Function => "defined in",
        Kind::Prototype => "declared in",
        _ => "in",
    };
    format!("{kind} {}", it.place())
}

/// The directory of a path.
fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Whether a text may declare, define or export one of the names: a line that is not indented has
/// the name, and, if only functions are looked for, a parenthesis beside it. It is quicker than
/// reading the file.
fn declares(text: &str, names: &HashSet<&str>, functions: bool) -> bool {
    text.lines().any(|line| {
        let begins = line.as_bytes().first();
        let is_outside =
            begins.is_some_and(|byte| in_word(*byte) || *byte == b'#' || *byte == b'*');
        let is_export = line.starts_with("EXPORT_");
        is_outside
            && words(line).any(|(word, next)| {
                (!functions || is_export || next == Some(b'(')) && names.contains(word)
            })
    })
}
