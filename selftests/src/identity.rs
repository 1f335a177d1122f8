// SPDX-License-Identifier: GPL-2.0

//! What a verdict is about: the running kernel and the loaded module.
//!
//! A module is told from others by its build id, a hash of its contents that the linker writes into
//! it, and that the kernel shows of loaded modules in /sys/module.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use object::Object;
use rustix::system::uname;

/// The running kernel and the loaded module.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// The kernel's release, as `uname -r` prints it.
    pub release: String,
    /// The kernel's version, as `uname -v` prints it. Two builds of one release differ in it.
    pub version: String,
    /// The module's build id in hexadecimal digits. None if the filesystem is not a module with a
    /// build id, such as one that is built into the kernel.
    pub build_id: Option<String>,
}

impl Identity {
    /// The identity of the running kernel and of the loaded module `name`, if any.
    pub fn of_loaded(name: Option<&str>) -> Result<Self, String> {
        let uname = uname();
        let text = |value: &std::ffi::CStr| value.to_string_lossy().into_owned();
        Ok(Self {
            release: text(uname.release()),
            version: text(uname.version()),
            build_id: name.map(loaded_build_id).transpose()?.flatten(),
        })
    }

    /// Refuses if the loaded module `name` is not the one in `file`.
    pub fn require(&self, name: &str, file: &Path) -> Result<(), String> {
        let wanted = file_build_id(file)?;
        let shown = file.display();
        match &self.build_id {
            Some(loaded) if *loaded == wanted => Ok(()),
            Some(loaded) => Err(format!(
                "the loaded {name} has the build id {loaded}, and {shown} has {wanted}, so the verdict would be about \
                 another module: unload it with `rmmod {name}`, and load this one with `insmod {shown}`."
            )),
            None => Err(format!(
                "/sys/module/{name} has no build id to compare with that of {shown}: load that file as a module with \
                 `insmod {shown}`."
            )),
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "on the kernel {}", self.release)?;
        match &self.build_id {
            Some(build_id) => write!(f, " with the module {build_id}"),
            None => Ok(()),
        }
    }
}

fn loaded_build_id(name: &str) -> Result<Option<String>, String> {
    let path = format!("/sys/module/{name}/notes/.note.gnu.build-id");
    match std::fs::read(&path) {
        Ok(note) => note_build_id(&note)
            .map(Some)
            .ok_or_else(|| format!("{path} is not a build id's note: load the module again.")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(&path, &error)),
    }
}

/// The build id in a note of the type `NT_GNU_BUILD_ID` (elf(5)): three words, the name, the value.
fn note_build_id(note: &[u8]) -> Option<String> {
    let word = |at: usize| {
        let bytes = note.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(u32::from_ne_bytes(bytes)).ok()
    };
    let (name_length, length, kind) = (word(0)?, word(4)?, word(8)?);
    let value = 12 + name_length.next_multiple_of(4);
    let is_build_id = kind == 3 && note.get(12..12 + name_length)? == b"GNU\0" && length > 0;
    is_build_id.then(|| note.get(value..value + length).map(crate::child::hex))?
}

fn file_build_id(file: &Path) -> Result<String, String> {
    let shown = file.display().to_string();
    let content = fs::read(file).map_err(|error| unreadable(&shown, &error))?;
    let module = object::File::parse(&*content).map_err(|_| {
        format!("{shown} is not a module as the linker writes it: name base0fs.ko, uncompressed.")
    })?;
    match module.build_id() {
        Ok(Some(build_id)) => Ok(crate::child::hex(build_id)),
        _ => Err(format!(
            "{shown} has no build id, by which the loaded module could be told from others: link it with --build-id."
        )),
    }
}

fn unreadable(path: &str, error: &io::Error) -> String {
    format!("{path} cannot be read: {error}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(kind: u32, value: &[u8]) -> Vec<u8> {
        let mut note = Vec::new();
        let length = u32::try_from(value.len()).unwrap();
        for word in [4, length, kind] {
            note.extend(word.to_ne_bytes());
        }
        note.extend(b"GNU\0");
        note.extend(value);
        note
    }

    #[test]
    fn reads_the_build_id_of_a_note_and_nothing_else() {
        assert_eq!(note_build_id(&note(3, &[0xab, 1])), Some("ab01".into()));
        assert_eq!(note_build_id(&note(1, &[0xab, 1])), None);
        assert_eq!(note_build_id(&note(3, &[])), None);
        assert_eq!(note_build_id(&note(3, &[1; 20])[..30]), None);
        assert_eq!(note_build_id(&[]), None);
    }

    #[test]
    fn reads_the_build_id_of_an_elf_file() {
        // This very program is one.
        let program = std::env::current_exe().unwrap();
        match file_build_id(&program) {
            Ok(build_id) => assert!(build_id.len() >= 16, "{build_id}"),
            // Some linkers write none unless they are told to.
            Err(complaint) => assert!(complaint.contains("--build-id"), "{complaint}"),
        }
    }

    #[test]
    fn refuses_what_is_not_a_module() {
        let complaint = file_build_id(Path::new("/proc/self/status")).unwrap_err();
        assert!(complaint.contains("uncompressed"), "{complaint}");
        let complaint = file_build_id(Path::new("/nowhere/base0fs.ko")).unwrap_err();
        assert!(complaint.contains("/nowhere/base0fs.ko"), "{complaint}");
    }

    #[test]
    fn names_both_modules_when_another_one_is_loaded() {
        let program = std::env::current_exe().unwrap();
        let Ok(wanted) = file_build_id(&program) else {
            return;
        };
        let mut identity = Identity::of_loaded(None).unwrap();
        assert!(identity.require("base0fs", &program).is_err());
        identity.build_id = Some("abc".into());
        let complaint = identity.require("base0fs", &program).unwrap_err();
        assert!(
            complaint.contains("abc") && complaint.contains(&wanted),
            "{complaint}"
        );
        identity.build_id = Some(wanted);
        identity.require("base0fs", &program).unwrap();
    }
}
