// SPDX-License-Identifier: GPL-2.0

//! The key to a run: everything that can change an answer.

use crate::arguments::Request;
use crate::broken::Broken;
use crate::compiler::Compiler;
use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// What the compiler, its start script and the kernel's macros take from the environment.
const ENVIRONMENT: [&str; 7] = [
    "LD_LIBRARY_PATH",
    "OBJTREE",
    "RUSTC_BOOTSTRAP",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
    "RUST_MODFILE",
    "RUST_TARGET_PATH",
];

/// The fingerprint of some content.
pub(crate) fn fingerprint(content: &[u8]) -> String {
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

    /// Adds a file by name and content; that it cannot be read is content too.
    fn add_file(&mut self, path: &Path) {
        self.add(path.as_os_str().as_encoded_bytes());
        match std::fs::read(path) {
            Ok(content) => self.add(&content),
            Err(error) => self.add(error.to_string().as_bytes()),
        }
    }

    /// Adds a program or a crate by name, size and time: to read a hundred megabytes at each `make` would
    /// take longer than to ask again.
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

/// The key to a run.
pub(crate) fn key(
    request: &Request,
    compiler: &Compiler,
    sources: &[(PathBuf, String)],
    texts: &[&str],
) -> Result<String, Broken> {
    let mut key = Key::default();
    let own = std::env::current_exe().map_err(|error| {
        Broken::new(
            format!("the prober cannot find its own program: {error}"),
            "Mount /proc.",
        )
    })?;
    key.add_binary(&own);
    key.add(compiler.version.as_bytes());
    key.add(request.rustc.as_os_str().as_encoded_bytes());
    key.add(request.bindings_crate.as_bytes());
    // Flags may name files by relative paths.
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

/// The files that flags name: `@file`, `--target=file`, `--extern name=file`, and the crates in the
/// directories of `-L`.
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
