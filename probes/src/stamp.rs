// SPDX-License-Identifier: GPL-2.0

//! A stamp of everything that a build has read and made, so that a `make` after which nothing has
//! changed need not enter the kernel's build, which alone takes most of a second.
//!
//! A stamp holds the size, inode and times of each file, what each tool prints as its version, and a
//! hash of the environment and of the command line. It is current only if all of these are the same.
//! Nobody can set the time of change (ctime) of a file, not even with `cp -p` or tar. In every case of
//! doubt there is no stamp, or it is not current, and the kernel's build decides as without one:
//!
//! - a file was changed while the build ran, or has the time of an image of a filesystem, which has
//!   no fractions of seconds (see `inputs.sh`);
//! - a file that an object was compiled from is not there any more;
//! - the stamp is not complete.

mod paths;
mod state;

use crate::cache::hash;
use state::State;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The file whose date is the time at which the build began to read (`inputs.sh`).
const BEGUN: &str = "checked";

/// What a stamp is made for.
pub(crate) struct Build<'a> {
    /// The directory of generated files, in the directory of the driver.
    pub(crate) out: &'a Path,
    /// What make was asked for.
    pub(crate) target: &'a str,
    /// The directory of the kernel, as it was named.
    pub(crate) kernel: &'a Path,
    /// Further words that stand for something that the build depends on.
    pub(crate) words: &'a [String],
}

impl Build<'_> {
    fn file(&self) -> PathBuf {
        self.out.join(format!("stamp.{}", self.target))
    }

    /// The hash of what is not in a file: the environment, the machine and the command line.
    fn circumstances(&self) -> io::Result<String> {
        let mut text = state::environment();
        let directory = std::env::current_dir()?;
        for path in [&directory, &fs::canonicalize(self.kernel)?] {
            _ = writeln!(text, "{}", path.display());
        }
        for name in ["osrelease", "version"] {
            text += &fs::read_to_string(Path::new("/proc/sys/kernel").join(name))?;
        }
        _ = write!(text, "{:?}", self.words);
        Ok(hash(text.as_bytes()))
    }

    /// Whether nothing has changed since the stamp was made.
    pub(crate) fn is_unchanged(&self) -> bool {
        let Ok(stamp) = fs::read_to_string(self.file()) else {
            return false;
        };
        let Some((lines, end)) = stamp.rsplit_once("end ") else {
            return false;
        };
        end.trim_end() == hash(lines.as_bytes())
            && lines.lines().all(|line| self.holds(line) == Some(true))
    }

    /// Whether a line of the stamp is still true.
    fn holds(&self, line: &str) -> Option<bool> {
        let (kind, rest) = line.split_once(' ')?;
        Some(match kind {
            "circumstances" => rest == self.circumstances().ok()?,
            "path" => {
                let (state, path) = rest.split_once(" /")?;
                state == State::of(&Path::new("/").join(path)).text()
            }
            "prints" => {
                let (printed, command) = rest.split_once(' ')?;
                printed == prints(command).ok()?
            }
            _ => false,
        })
    }

    /// Makes the stamp, of the files below the directories `trees` besides. `None` if it could be wrong.
    pub(crate) fn write(&self, trees: &[PathBuf], commands: &[String]) -> io::Result<Option<()>> {
        let file = self.file();
        // An entry of the directory is made before its state is taken.
        fs::write(&file, "")?;
        let begun = State::of(&self.out.join(BEGUN));
        let mut stamp = format!("circumstances {}\n", self.circumstances()?);
        let out = fs::canonicalize(self.out)?;
        let mut tools = BTreeSet::new();
        for tool in commands.iter().filter(|tool| !tool.trim().is_empty()) {
            let command = version_of(tool);
            _ = writeln!(stamp, "prints {} {command}", prints(&command)?);
            tools.extend(paths::programs(&command));
            tools.extend(parts(tool));
        }
        let Some(read) = paths::all(self.out, self.kernel, trees)? else {
            return Ok(None);
        };
        let made: Vec<&PathBuf> = read.iter().filter(|it| paths::is_made(it, &out)).collect();
        // A directory changes when something is made in it. Where nothing is, an entry may have gone.
        let parents: BTreeSet<&Path> = made.iter().filter_map(|it| it.parent()).collect();
        let is_path = |path: &PathBuf| path.to_str().is_some_and(|text| !text.contains('\n'));
        for path in read.iter().chain(&tools) {
            let state = State::of(path);
            let is_made = paths::is_made(path, &out) || parents.contains(path.as_path());
            if !is_path(path) || (!is_made && !state.is_older_than(&begun)) {
                return Ok(None);
            }
            _ = writeln!(stamp, "path {} {}", state.text(), path.display());
        }
        fs::write(&file, format!("{stamp}end {}\n", hash(stamp.as_bytes())))?;
        Ok(Some(()))
    }

    /// Removes the stamp.
    pub(crate) fn remove(&self) {
        _ = fs::remove_file(self.file());
    }
}

/// The command that prints the version of a tool.
fn version_of(tool: &str) -> String {
    let tool = tool.trim();
    let is_rustc = tool.rsplit('/').next().is_some_and(|name| name == "rustc");
    format!("{tool} {}", if is_rustc { "-vV" } else { "--version" })
}

/// The programs that a compiler of C runs, if it names them.
fn parts(tool: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    if tool.contains("gcc") {
        for part in ["cc1", "as"] {
            let script = format!("exec {tool} -print-prog-name={part}");
            let named = Command::new("sh").args(["-c", &script]).output();
            let named = named.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
            found.extend(named.map(|name| paths::programs(&name)).unwrap_or_default());
        }
    }
    found
}

/// The hash of what a command prints, and of its status. A wrapper may run another tool than before.
fn prints(command: &str) -> io::Result<String> {
    let output = Command::new("sh")
        .args(["-c", &format!("exec {command}")])
        .stdin(Stdio::null())
        .output()?;
    let mut printed = output.stdout;
    printed.extend(output.stderr);
    printed.extend(format!("{}", output.status).into_bytes());
    Ok(hash(&printed))
}
