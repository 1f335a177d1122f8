// SPDX-License-Identifier: GPL-2.0

//! The files that a build has read and made.

use crate::cache::named_files;
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The directories of the driver that no build reads: what cargo and the lab have built.
const ELSEWHERE: [&str; 2] = ["build", "target"];

/// What the makefiles of a kernel and its tools are, in its directory and in that of its sources.
const OF_KERNEL: [&str; 14] = [
    ".config",
    ".kernelvariables",
    "Kbuild",
    "Makefile",
    "Module.symvers",
    "arch",
    "certs",
    "include/config",
    "include/generated",
    "rust",
    "scripts",
    "tools/bpf/resolve_btfids/resolve_btfids",
    "tools/objtool/objtool",
    "vmlinux",
];

/// How the names of what a build makes end.
const MADE: [&str; 12] = [
    ".a", ".bc", ".cmd", ".d", ".ko", ".mod", ".mod.c", ".o", ".order", ".rmeta", ".symvers",
    ".tmp",
];

/// Whether the build has made a file.
pub(super) fn is_made(path: &Path, out: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let driver = out.parent().unwrap_or(Path::new("/"));
    path.starts_with(out)
        || (path.starts_with(driver) && MADE.iter().any(|end| name.ends_with(end)))
}

/// All files, and the directories in which a new one would be read; `None` if one that was read is not
/// there any more.
pub(super) fn all(
    out: &Path,
    kernel: &Path,
    trees: &[PathBuf],
) -> io::Result<Option<BTreeSet<PathBuf>>> {
    let out = fs::canonicalize(out)?;
    let driver = out.parent().unwrap_or(Path::new("/"));
    let kernel = fs::canonicalize(kernel)?;
    let mut walk = Walk::default();
    walk.below(driver, &ELSEWHERE.map(|name| driver.join(name)))?;
    for tree in trees {
        walk.below(&fs::canonicalize(tree)?, &[])?;
    }
    for directory in [&kernel, &sources(&kernel)] {
        for name in OF_KERNEL {
            let path = directory.join(name);
            match name {
                "arch" => walk.makefiles(&path)?,
                _ => walk.below(&path, &[])?,
            }
        }
    }
    let mut found = walk.found;
    // Of the generated files, the date of the last check and stamps say nothing, and what is new is read by
    // nobody.
    found.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_own = name.starts_with("stamp.") || name.starts_with("checked");
        !(path.starts_with(&out) && (is_own || path.is_dir()))
    });
    let bases = [&kernel, driver];
    // Those of the kernel name what it was configured and built from, which its headers need not have.
    let commands: Vec<PathBuf> = found
        .iter()
        .filter(|path| path.starts_with(driver) && path.to_string_lossy().ends_with(".cmd"))
        .cloned()
        .collect();
    for command in commands {
        let text = String::from_utf8_lossy(&fs::read(&command)?).into_owned();
        for name in dependencies(&text) {
            if !add(name, &bases, &mut found) {
                return Ok(None);
            }
        }
    }
    // The makefiles of the kernel's build and the types of the kernel, and what bindgen has read.
    for list in [
        "files",
        "inputs/files",
        "inputs/crates",
        "inputs/absent",
        "inputs/places",
    ] {
        let text = fs::read_to_string(out.join(list))?;
        for name in text.lines() {
            let is_there = add(name, &bases, &mut found);
            if !is_there && !list.ends_with("absent") && !list.ends_with("places") {
                return Ok(None);
            }
        }
    }
    // Files among the flags of the compiler.
    let flags = fs::read_to_string(out.join("rustc.args"))?;
    let flags: Vec<String> = flags.lines().map(str::to_string).collect();
    found.extend(named_files(&flags).iter().map(|file| kernel.join(file)));
    Ok(Some(found))
}

/// Adds the file `name`, which may be relative to one of the `bases`, and says whether it is there.
fn add(name: &str, bases: &[&Path], found: &mut BTreeSet<PathBuf>) -> bool {
    let mut is_there = false;
    for base in bases {
        let path = base.join(name);
        is_there |= path.exists();
        found.insert(path);
    }
    is_there
}

/// The files that a command of the kernel's build has read, in the form in which the build keeps them.
fn dependencies(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().filter_map(|line| {
        let line = line.trim_end_matches('\\').trim();
        match line.split_once(":=") {
            None => Some(line),
            Some((name, file)) if name.starts_with("source_") => Some(file.trim()),
            Some(_) => None,
        }
    });
    // `$(wildcard include/config/X)` stands for a setting, `$(deps_X)` for this list.
    lines.filter(|line| !line.is_empty() && !line.contains(['$', ' ', '(', ':']))
}

/// The directory of a kernel's sources; its own if there is no other.
fn sources(kernel: &Path) -> PathBuf {
    let makefile = fs::read_to_string(kernel.join("Makefile")).unwrap_or_default();
    let mut included = makefile
        .lines()
        .filter_map(|line| line.strip_prefix("include ")?.strip_suffix("/Makefile"));
    match included.next().map(fs::canonicalize) {
        Some(Ok(directory)) => directory,
        _ => fs::canonicalize(kernel.join("source")).unwrap_or(kernel.to_path_buf()),
    }
}

/// The places in which the shell looks for the programs of a command: the one that it finds, and all before
/// it.
pub(super) fn programs(command: &str) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let here = std::env::current_dir().unwrap_or_default();
    let mut found = Vec::new();
    for word in command
        .split_whitespace()
        .filter(|word| !word.starts_with('-'))
    {
        if word.contains('/') {
            found.push(here.join(word));
            continue;
        }
        for directory in std::env::split_paths(&path) {
            found.push(here.join(directory).join(word));
            if found.last().is_some_and(|program| program.is_file()) {
                break;
            }
        }
    }
    found
}

/// Whether a directory below that of the driver is of a kernel or of another driver, which has files like
/// those of the driver, and whose builds are its own (`inputs.sh`).
fn is_of_another(directory: &Path) -> bool {
    ["include/config/auto.conf", "gen/checked"]
        .iter()
        .any(|file| directory.join(file).is_file())
}

/// A walk through directories, behind symbolic links.
#[derive(Default)]
struct Walk {
    found: BTreeSet<PathBuf>,
    seen: HashSet<(u64, u64)>,
}

impl Walk {
    /// Adds `path`, and everything below it except for git's directory, those in `except`, and those of
    /// kernels and of other drivers.
    fn below(&mut self, path: &Path, except: &[PathBuf]) -> io::Result<()> {
        self.found.insert(path.to_path_buf());
        let is_new = fs::metadata(path)
            .is_ok_and(|it| it.is_dir() && self.seen.insert((it.dev(), it.ino())));
        if !is_new {
            return Ok(());
        }
        for entry in fs::read_dir(path)? {
            let below = entry?.path();
            if !below.ends_with(".git") && !except.contains(&below) && !is_of_another(&below) {
                self.below(&below, except)?;
            }
        }
        Ok(())
    }

    /// Adds the makefiles two directories deep.
    fn makefiles(&mut self, arch: &Path) -> io::Result<()> {
        self.found.insert(arch.to_path_buf());
        for processor in fs::read_dir(arch).into_iter().flatten() {
            let processor = processor?.path();
            self.found.insert(processor.clone());
            for entry in fs::read_dir(&processor).into_iter().flatten() {
                let entry = entry?.path();
                if entry.to_string_lossy().contains("/Makefile") {
                    self.found.insert(entry);
                }
            }
        }
        Ok(())
    }
}
