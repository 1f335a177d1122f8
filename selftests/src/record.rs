// SPDX-License-Identifier: GPL-2.0

//! The record of what has passed, for `--verify`: a file with a line for each kernel and module.
//!
//! A line has the kernel's release, its version, and the module's build id, separated by tabs.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process;

use crate::identity::Identity;

/// Where the record is unless `--record` says otherwise.
pub const DEFAULT: &str = "/var/lib/base0fs/verified";

/// How many lines are kept. The oldest go first.
const MOST_LINES: usize = 100;

/// The record in one file.
#[derive(Debug)]
pub struct Record {
    path: PathBuf,
}

impl Record {
    /// The record in the file `path`, which need not exist.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Whether this kernel and this module have passed.
    pub fn has(&self, identity: &Identity) -> Result<bool, String> {
        let Some(wanted) = line(identity) else {
            return Ok(false);
        };
        let lines = self.lines().map_err(|error| {
            format!(
                "the record {} cannot be read: {error}.",
                self.path.display()
            )
        })?;
        Ok(lines.contains(&wanted))
    }

    /// Remembers that this kernel and this module have passed. The file is replaced as a whole, so
    /// that an interruption leaves the old or the new one.
    pub fn add(&self, identity: &Identity) -> Result<(), String> {
        let Some(new) = line(identity) else {
            return Ok(());
        };
        self.replace(new).map_err(|error| {
            format!(
                "all cases passed, but the record {} cannot be written ({error}), so the next --verify runs them again.",
                self.path.display()
            )
        })
    }

    fn lines(&self) -> io::Result<Vec<String>> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            // What is not text is not a record. It is written anew after the next pass.
            Err(error) if error.kind() == ErrorKind::InvalidData => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn replace(&self, new: String) -> io::Result<()> {
        let mut lines = self.lines()?;
        lines.retain(|line| *line != new);
        lines.push(new);
        let oldest = lines.len().saturating_sub(MOST_LINES);
        let directory = self.path.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(directory)?;
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{}", process::id()));
        let written = File::create(&name).and_then(|mut file| {
            file.write_all((lines[oldest..].join("\n") + "\n").as_bytes())?;
            file.sync_all()?;
            fs::rename(&name, &self.path)?;
            File::open(directory)?.sync_all()
        });
        if written.is_err() {
            let _ = fs::remove_file(&name);
        }
        written
    }
}

/// The line of a module with a build id. Without one it could not be told from another module.
fn line(identity: &Identity) -> Option<String> {
    let build_id = identity.build_id.as_ref()?;
    Some(format!(
        "{}\t{}\t{build_id}",
        identity.release, identity.version
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(build_id: Option<&str>) -> Identity {
        Identity {
            release: "7.3.4".into(),
            version: "#1 SMP".into(),
            build_id: build_id.map(str::to_owned),
        }
    }

    fn directory(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("selftest-record-{name}-{}", process::id()))
    }

    #[test]
    fn remembers_this_kernel_and_this_module_only() {
        let directory = directory("remembers");
        let record = Record::new(directory.join("below/verified"));
        assert!(!record.has(&identity(Some("abc"))).unwrap());
        record.add(&identity(Some("abc"))).unwrap();
        record.add(&identity(Some("def"))).unwrap();
        record.add(&identity(Some("abc"))).unwrap();
        assert!(record.has(&identity(Some("abc"))).unwrap());
        assert!(!record.has(&identity(Some("ab"))).unwrap());
        assert!(!record.has(&identity(None)).unwrap());
        let other = Identity {
            version: "#2 SMP".into(),
            ..identity(Some("abc"))
        };
        assert!(!record.has(&other).unwrap());
        assert_eq!(record.lines().unwrap().len(), 2);
        assert_eq!(fs::read_dir(directory.join("below")).unwrap().count(), 1);
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn does_not_grow_without_limit() {
        let directory = directory("limit");
        let record = Record::new(directory.join("verified"));
        for number in 0..MOST_LINES + 5 {
            record.add(&identity(Some(&format!("{number}x")))).unwrap();
        }
        assert_eq!(record.lines().unwrap().len(), MOST_LINES);
        assert!(!record.has(&identity(Some("4x"))).unwrap());
        assert!(record.has(&identity(Some("5x"))).unwrap());
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn names_a_file_that_cannot_be_written() {
        let record = Record::new("/proc/none/verified".into());
        let complaint = record.add(&identity(Some("abc"))).unwrap_err();
        assert!(complaint.contains("/proc/none/verified"), "{complaint}");
    }
}
