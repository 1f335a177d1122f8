// SPDX-License-Identifier: GPL-2.0

//! The key of a run: a hash of everything that can change an answer.

use crate::arguments::Request;
use crate::compiler::Compiler;
use crate::error::{CompilerError, Error};
use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The environment variables that the compiler, its wrapper script and the kernel's macros read.
const ENVIRONMENT: [&str; 7] = [
    "LD_LIBRARY_PATH",
    "OBJTREE",
    "RUSTC_BOOTSTRAP",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
    "RUST_MODFILE",
    "RUST_TARGET_PATH",
];

/// The hash of `content`, as text.
pub(crate) fn hash(content: &[u8]) -> String {
    let mut key = Key::default();
    key.add(content);
    key.finish()
}

#[derive(Default)]
struct Key {
    hasher: DefaultHasher,
}

impl Key {
    fn add(&mut self, content: &[u8]) {
        self.hasher.write_usize(content.len());
        self.hasher.write(content);
    }

    /// Adds a file by path and content. If it cannot be read, the error takes the place of the
    /// content.
    fn add_file(&mut self, path: &Path) {
        self.add(path.as_os_str().as_encoded_bytes());
        match std::fs::read(path) {
            Ok(content) => self.add(&content),
            Err(error) => self.add(error.to_string().as_bytes()),
        }
    }

    /// Adds a program or a crate by path, size and modification time. Reading a hundred megabytes
    /// at each `make` would take longer than probing again.
    fn add_binary(&mut self, path: &Path) {
        self.add(path.as_os_str().as_encoded_bytes());
        if let Ok(found) = std::fs::metadata(path) {
            self.add(&found.len().to_le_bytes());
            let time = found
                .modified()
                .ok()
                .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            self.add(&time.map_or(0, |time| time.as_nanos()).to_le_bytes());
        }
    }

    fn finish(&self) -> String {
        format!("{:016x}", self.hasher.finish())
    }
}

/// The key of a run with the source files `sources` and the other inputs `texts`.
pub(crate) fn key(
    request: &Request,
    compiler: &Compiler,
    sources: &[(PathBuf, String)],
    texts: &[&str],
) -> Result<String, Error> {
    let mut key = Key::default();
    let own =
        std::env::current_exe().map_err(|error| CompilerError::OwnProgramNotFound { error })?;
    key.add_binary(&own);
    key.add(compiler.version.as_bytes());
    key.add(request.rustc.as_os_str().as_encoded_bytes());
    key.add(request.bindings_crate.as_bytes());
    // Flags may contain relative paths.
    key.add(
        std::env::current_dir()
            .unwrap_or_default()
            .as_os_str()
            .as_encoded_bytes(),
    );
    for flag in &request.flags {
        key.add(flag.as_bytes());
    }
    for file in named_files(&request.flags) {
        match is_crate(&file) {
            true => key.add_binary(&file),
            false => key.add_file(&file),
        }
    }
    for file in &request.names {
        key.add_file(file);
    }
    for name in ENVIRONMENT {
        let value = std::env::var_os(name);
        key.add(&[u8::from(value.is_some())]);
        key.add(value.unwrap_or_default().as_encoded_bytes());
    }
    for (file, text) in sources {
        key.add(file.as_os_str().as_encoded_bytes());
        key.add(text.as_bytes());
    }
    for text in texts {
        key.add(text.as_bytes());
    }
    Ok(key.finish())
}

/// The files that the flags name (`@file`, `--target=file`, `--extern name=file`), and the crates
/// in the directories of `-L`.
fn named_files(flags: &[String]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut search = false;
    for flag in flags {
        let value = flag.rsplit('=').next().unwrap_or(flag);
        let value = value.strip_prefix('@').unwrap_or(value);
        let value = value.strip_prefix("-L").unwrap_or(value);
        let path = Path::new(value);
        if path.is_file() {
            files.push(path.to_path_buf());
        } else if search || flag.starts_with("-L") {
            let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
            let mut crates: Vec<PathBuf> = entries
                .map(|entry| entry.path())
                .filter(|path| is_crate(path))
                .collect();
            crates.sort();
            files.append(&mut crates);
        }
        search = flag == "-L";
    }
    files
}

fn is_crate(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ["rmeta", "rlib", "so"].iter().any(|known| ending == *known))
}
