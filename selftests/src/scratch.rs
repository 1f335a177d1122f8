// SPDX-License-Identifier: GPL-2.0

//! The directory that holds everything a run makes, and its removal in whatever state a case left
//! it.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process;

use rustix::fs::{ioctl_getflags, ioctl_setflags, open, IFlags, Mode, OFlags};
use rustix::mount::{unmount, UnmountFlags};

/// A scratch directory, removed with all mounts under it when this goes out of scope.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    keep: bool,
}

impl Scratch {
    /// Makes a new directory in `parent` that other users may pass through.
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
                    // The mode above passes through the umask, this one does not.
                    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(
                        |error| format!("the mode of {} cannot be set: {error}.", path.display()),
                    )?;
                    return Ok(Self { path, keep: false });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(format!(
                        "no scratch directory can be made in {}: {error}.",
                        parent.display()
                    ))
                }
            }
        }
        unreachable!("the attempts have no end")
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves the files (not the mounts) in place at the end, for a person to look at.
    pub fn keep(&mut self) {
        self.keep = true;
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let result = match self.keep {
            true => unmount_under(&self.path).map_err(|error| error.to_string()),
            false => clear(&self.path),
        };
        if let Err(complaint) = result {
            eprintln!("base0fs-selftest: {complaint}");
        }
    }
}

/// Takes down every mount under `path` and removes it with all it holds.
pub fn clear(path: &Path) -> Result<(), String> {
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
            lift_flags(path);
            fs::remove_dir_all(path).map_err(complain)
        }
    }
}

/// Takes down every mount under `path`, the latest first. Each thread may have a mount namespace of
/// its own.
fn unmount_under(path: &Path) -> io::Result<()> {
    let table = fs::read_to_string("/proc/thread-self/mountinfo")?;
    let points = table
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .map(Path::new);
    let mine: Vec<&Path> = points.filter(|point| point.starts_with(path)).collect();
    for point in mine.into_iter().rev() {
        unmount(point, UnmountFlags::NOFOLLOW | UnmountFlags::DETACH)?;
    }
    Ok(())
}

/// Makes immutable and append-only files and directories removable again. What cannot be opened or
/// has no flags needs no lifting, so that errors say nothing here.
fn lift_flags(path: &Path) {
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
        lift_flags(&entry.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_directory_is_gone_after_its_owner() {
        let scratch = Scratch::new(&std::env::temp_dir()).unwrap();
        let path = scratch.path().to_owned();
        fs::create_dir(path.join("directory")).unwrap();
        fs::write(path.join("directory/file"), "content").unwrap();
        drop(scratch);
        assert!(!path.exists());
    }

    #[test]
    fn two_scratch_directories_are_not_one() {
        let parent = std::env::temp_dir();
        let (one, other) = (
            Scratch::new(&parent).unwrap(),
            Scratch::new(&parent).unwrap(),
        );
        assert_ne!(one.path(), other.path());
    }

    #[test]
    fn a_parent_that_does_not_exist_is_named() {
        let complaint = Scratch::new(Path::new("/nowhere/at/all")).unwrap_err();
        assert!(complaint.contains("/nowhere/at/all"), "{complaint}");
    }
}
