// SPDX-License-Identifier: GPL-2.0

//! The directory that holds everything a run creates, and its removal, even after a failed case.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process;

use rustix::fs::{ioctl_getflags, ioctl_setflags, open, IFlags, Mode, OFlags};
use rustix::mount::{unmount, UnmountFlags};

/// A scratch directory. Dropping this unmounts everything under it and removes it.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    keep: bool,
}

impl Scratch {
    /// Creates a directory in `parent` that other users may search.
    pub fn new(parent: &Path) -> Result<Self, String> {
        let parent = parent.canonicalize().map_err(|error| {
            format!(
                "the directory {} cannot be used: {error}.",
                parent.display()
            )
        })?;
        for attempt in 0.. {
            let path = parent.join(format!("base0fs-selftest.{}.{attempt}", process::id()));
            match fs::DirBuilder::new().mode(0o755).create(&path) {
                Ok(()) => {
                    // The umask has limited the mode above.
                    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(
                        |error| format!("the mode of {} cannot be set: {error}.", path.display()),
                    )?;
                    return Ok(Self { path, keep: false });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(format!(
                        "no scratch directory can be created in {}: {error}.",
                        parent.display()
                    ))
                }
            }
        }
        unreachable!("the range has no end")
    }

    /// The directory's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps the files, but not the mounts, when this is dropped.
    pub fn keep(&mut self) {
        self.keep = true;
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let result = match self.keep {
            true => unmount_under(&self.path).map_err(|error| error.to_string()),
            false => remove(&self.path),
        };
        if let Err(complaint) = result {
            eprintln!("base0fs-selftest: {complaint}");
        }
    }
}

/// Unmounts everything under `path` and removes it.
pub fn remove(path: &Path) -> Result<(), String> {
    let complain = |error: io::Error| {
        format!(
            "{} could not be removed: {error}. Unmount what is in it and remove it by hand.",
            path.display()
        )
    };
    unmount_under(path).map_err(complain)?;
    match fs::remove_dir_all(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(_) => {
            clear_flags(path);
            fs::remove_dir_all(path).map_err(complain)
        }
    }
}

/// Unmounts everything under `path`, the latest mount first. Reads the mount table of the calling
/// thread, which may have a mount namespace of its own.
fn unmount_under(path: &Path) -> io::Result<()> {
    let table = fs::read_to_string("/proc/thread-self/mountinfo")?;
    let points = table
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .map(Path::new);
    let under: Vec<&Path> = points.filter(|point| point.starts_with(path)).collect();
    for point in under.into_iter().rev() {
        unmount(point, UnmountFlags::NOFOLLOW | UnmountFlags::DETACH)?;
    }
    Ok(())
}

/// Clears the immutable and append-only flags, which prevent removal. Ignores errors: a file that
/// cannot be opened, or has no flags, needs nothing.
fn clear_flags(path: &Path) {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    if let Ok(file) = open(path, flags, Mode::empty()) {
        if let Ok(flags) = ioctl_getflags(&file) {
            let _ = ioctl_setflags(&file, flags - (IFlags::IMMUTABLE | IFlags::APPEND));
        }
    }
    let is_directory = path
        .symlink_metadata()
        .is_ok_and(|metadata| metadata.is_dir());
    for entry in is_directory
        .then(|| fs::read_dir(path).ok())
        .flatten()
        .into_iter()
        .flatten()
        .flatten()
    {
        clear_flags(&entry.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_removes_the_directory() {
        let scratch = Scratch::new(&std::env::temp_dir()).unwrap();
        let path = scratch.path().to_owned();
        fs::create_dir(path.join("directory")).unwrap();
        fs::write(path.join("directory/file"), "content").unwrap();
        drop(scratch);
        assert!(!path.exists());
    }

    #[test]
    fn two_scratch_directories_have_different_paths() {
        let parent = std::env::temp_dir();
        let (one, other) = (
            Scratch::new(&parent).unwrap(),
            Scratch::new(&parent).unwrap(),
        );
        assert_ne!(one.path(), other.path());
    }

    #[test]
    fn names_a_parent_that_does_not_exist() {
        let complaint = Scratch::new(Path::new("/nowhere/at/all")).unwrap_err();
        assert!(complaint.contains("/nowhere/at/all"), "{complaint}");
    }
}
