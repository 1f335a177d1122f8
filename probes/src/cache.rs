// SPDX-License-Identifier: GPL-2.0

//! The key of a run: a hash of everything that can change an answer.

use crate::arguments::Request;
use crate::compiler::Compiler;
use crate::error::{CompilerError, Error};
use crate::target::configuration;
use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

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

    /// Adds a program or a crate by path, size, inode and times. Reading a hundred megabytes at each
    /// `make` would take longer than probing again. Nobody can set the time of change (ctime), not
    /// even with `cp -p` or tar.
    fn add_binary(&mut self, path: &Path) {
        self.add(path.as_os_str().as_encoded_bytes());
        if let Ok(found) = std::fs::metadata(path) {
            let times = [
                (found.mtime(), found.mtime_nsec()),
                (found.ctime(), found.ctime_nsec()),
            ];
            for number in times.iter().flat_map(|(seconds, rest)| [*seconds, *rest]) {
                self.add(&number.to_le_bytes());
            }
            self.add(&found.len().to_le_bytes());
            self.add(&found.ino().to_le_bytes());
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
    add_target(&mut key, request, compiler, texts)?;
    for (question, answer) in &request.forced {
        key.add(question.as_bytes());
        key.add(answer.as_bytes());
    }
    for (file, text) in sources {
        key.add(file.as_os_str().as_encoded_bytes());
        key.add(text.as_bytes());
    }
    Ok(key.finish())
}

/// The key of a comparison of what describes the kernel. It does not depend on the questions.
pub(crate) fn target_key(
    request: &Request,
    compiler: &Compiler,
    texts: [&str; 2],
) -> Result<String, Error> {
    let mut key = Key::default();
    add_target(&mut key, request, compiler, &texts)?;
    Ok(key.finish())
}

/// The key of a compiler with its flags, without the crates that are files: `make` tries the compiler
/// before it has made these.
pub(crate) fn compiler_key(compiler: &Compiler) -> Result<String, Error> {
    let mut key = Key::default();
    add_own(&mut key)?;
    key.add(compiler.version.as_bytes());
    let program = compiler.program();
    key.add(program.as_os_str().as_encoded_bytes());
    // The program may be a script, which can change without its version.
    key.add_binary(program);
    let mut kept = Vec::new();
    let mut flags = compiler.given_flags().iter().peekable();
    while let Some(flag) = flags.next() {
        let is_file = |flag: &&String| flag.contains('=');
        if flag != "--extern" || flags.next_if(is_file).is_none() {
            key.add(flag.as_bytes());
            kept.push(flag.clone());
        }
    }
    for file in named_files(&kept).iter().filter(|file| !is_crate(file)) {
        key.add_file(file);
    }
    add_environment(&mut key);
    Ok(key.finish())
}

/// Adds everything but the source of the questions.
fn add_target(
    key: &mut Key,
    request: &Request,
    compiler: &Compiler,
    texts: &[&str],
) -> Result<(), Error> {
    add_own(key)?;
    key.add(compiler.version.as_bytes());
    key.add(request.rustc.as_os_str().as_encoded_bytes());
    key.add(request.bindings_crate.as_bytes());
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
    // Without symbolic links, so that a link to another kernel is another kernel.
    let kernel = request.kernel.as_deref().map(std::fs::canonicalize);
    if let Some(kernel) = kernel.and_then(Result::ok) {
        key.add(kernel.as_os_str().as_encoded_bytes());
        for file in configuration::files(&kernel) {
            key.add_binary(&file);
        }
    }
    if let Some(btf) = &request.btf {
        key.add_binary(btf);
    }
    add_environment(key);
    for text in texts {
        key.add(text.as_bytes());
    }
    Ok(())
}

/// Adds compat-probe itself.
fn add_own(key: &mut Key) -> Result<(), Error> {
    let own =
        std::env::current_exe().map_err(|error| CompilerError::OwnProgramNotFound { error })?;
    key.add_binary(&own);
    Ok(())
}

/// Adds the working directory, because flags may contain relative paths, and the environment.
fn add_environment(key: &mut Key) {
    let directory = std::env::current_dir().unwrap_or_default();
    key.add(directory.as_os_str().as_encoded_bytes());
    for name in ENVIRONMENT {
        let value = std::env::var_os(name);
        key.add(&[u8::from(value.is_some())]);
        key.add(value.unwrap_or_default().as_encoded_bytes());
    }
}

/// The files that the flags name (`@file`, `--target=file`, `--extern name=file`), and the crates
/// in the directories of `-L`.
pub(crate) fn named_files(flags: &[String]) -> Vec<PathBuf> {
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
