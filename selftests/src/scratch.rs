// SPDX-License-Identifier: GPL-2.0

//! The directory that holds everything a run creates, and its removal, even after a failed case.
//!
//! A run holds a lock (flock(2)) on its directory. A directory without a lock is left from a run
//! that was killed together with its [`crate::janitor`], and the next run in the same place removes
//! it.

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process;

use rustix::fs::{
    flock, fstat, ioctl_getflags, ioctl_setflags, open, statvfs, FlockOperation, IFlags, Mode,
    OFlags,
};
use rustix::io::Errno;
use rustix::mount::{mount_bind, mount_remount, unmount, MountFlags, UnmountFlags};

/// A scratch directory. Dropping this unmounts everything under it and removes it.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    keep: bool,
    _lock: Lock,
}

/// The beginning of the name of a directory that is removed after the run.
const TEMPORARY: &str = "base0fs-selftest.";

/// The beginning of the name of a directory that is kept after the run.
const KEPT: &str = "base0fs-selftest-kept.";

/// How many bytes all cases need together.
const ROOM: u64 = 64 << 20;

/// The mode of the directory.
const MODE: u32 = 0o711;

impl Scratch {
    /// Creates a directory in `parent` that other users may search, but not open, as a lock needs.
    pub fn new(parent: &Path) -> Result<Self, String> {
        Self::create(parent, false)
    }

    /// The same. Dropping this removes the mounts, and keeps the files.
    pub fn kept(parent: &Path) -> Result<Self, String> {
        Self::create(parent, true)
    }

    fn create(parent: &Path, keep: bool) -> Result<Self, String> {
        let parent = parent.canonicalize().map_err(|error| {
            format!(
                "the directory {} cannot be used: {error}.",
                parent.display()
            )
        })?;
        remove_left(&parent);
        let prefix = if keep { KEPT } else { TEMPORARY };
        for attempt in 0.. {
            let path = parent.join(format!("{prefix}{}.{attempt}", process::id()));
            match fs::DirBuilder::new().mode(MODE).create(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                Err(error) => {
                    return Err(format!(
                        "no scratch directory can be created in {}: {error}.",
                        parent.display()
                    ))
                }
            }
            // Another run may take it for one that is left, until it has a lock.
            let lock = lock(&path);
            if matches!(lock, Lock::HeldByOther) {
                continue;
            }
            // The umask has limited the mode above.
            fs::set_permissions(&path, fs::Permissions::from_mode(MODE)).map_err(|error| {
                format!("the mode of {} cannot be set: {error}.", path.display())
            })?;
            return Ok(Self {
                path,
                keep,
                _lock: lock,
            });
        }
        unreachable!("the range has no end")
    }

    /// Makes the directory a place where cases can be judged, in this process's own mount
    /// namespace: without the flags of a mount that forbid to execute programs, to gain rights by
    /// them, and to use devices, as /var/tmp often has them. Refuses if there is no room for `all`
    /// cases.
    pub fn make_suitable(&self, all: bool) -> Result<(), String> {
        // Where this is refused, as in a container, a case says what it lacks.
        if mount_bind(&self.path, &self.path).is_ok() {
            let _ = mount_remount(&self.path, MountFlags::BIND, c"");
        }
        let room = statvfs(&self.path).map_or(u64::MAX, |fs| match fs.f_blocks {
            0 => u64::MAX,
            _ => fs.f_bavail.saturating_mul(fs.f_frsize),
        });
        match all && room < ROOM {
            true => Err(format!(
                "the cases need {} MB in {}, and {} MB are free there: make room, or name another directory with --dir.",
                ROOM >> 20,
                self.path.parent().unwrap_or(&self.path).display(),
                room >> 20
            )),
            false => Ok(()),
        }
    }

    /// The directory's path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        clean_up(&self.path, self.keep);
    }
}

/// Unmounts everything under the scratch directory `path`, and removes it unless it is to be kept.
pub fn clean_up(path: &Path, keep: bool) {
    let result = match keep {
        true => unmount_under(path).map_err(|error| error.to_string()),
        false => remove(path),
    };
    if let Err(complaint) = result {
        // Nobody may be there to read it.
        let _ = writeln!(io::stderr(), "base0fs-selftest: {complaint}");
    }
}

/// The state of the lock of a scratch directory.
#[derive(Debug)]
enum Lock {
    /// This process holds it while it holds the descriptor.
    Held { _directory: OwnedFd },
    /// Another run holds it, or has removed the directory.
    HeldByOther,
    /// The filesystem has no locks, so nobody can hold one.
    Unsupported,
}

/// Takes the lock of the directory `path`, unless another process has it.
fn lock(path: &Path) -> Lock {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let Ok(directory) = open(path, flags, Mode::empty()) else {
        return Lock::HeldByOther;
    };
    match flock(&directory, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => return Lock::HeldByOther,
        Err(_) => return Lock::Unsupported,
    }
    // Whoever had the lock before may have removed the directory.
    let is_there = match (fstat(&directory), fs::symlink_metadata(path)) {
        (Ok(opened), Ok(named)) => (opened.st_dev, opened.st_ino) == (named.dev(), named.ino()),
        _ => false,
    };
    match is_there {
        true => Lock::Held {
            _directory: directory,
        },
        false => Lock::HeldByOther,
    }
}

/// Removes the directories in `parent` that killed runs of this user have left. What cannot be
/// removed stays: it does not keep this run from working.
fn remove_left(parent: &Path) {
    let user = rustix::process::geteuid().as_raw();
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_ours = entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(TEMPORARY.as_bytes())
            && entry
                .metadata()
                .is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == user);
        if is_ours {
            if let _lock @ Lock::Held { .. } = lock(&entry.path()) {
                let _ = remove(&entry.path());
            }
        }
    }
}

/// Removes the scratch directory `path` of a run that has ended, if it is still there.
pub fn remove_after_run(path: &Path) -> Result<(), String> {
    if !path.exists() {
        return Ok(());
    }
    match lock(path) {
        Lock::HeldByOther => Err(format!(
            "{} could not be removed, because another process has its lock.",
            path.display()
        )),
        _lock => remove(path),
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

/// Unmounts everything under `path`, the latest mount first.
fn unmount_under(path: &Path) -> io::Result<()> {
    for mount in mounts()?.into_iter().rev() {
        if mount.point.starts_with(path) {
            unmount(&mount.point, UnmountFlags::NOFOLLOW | UnmountFlags::DETACH)?;
        }
    }
    Ok(())
}

/// A line of the mount table.
#[derive(Debug)]
pub struct Mount {
    /// The device of its superblock, `MAJOR:MINOR`.
    pub device: String,
    /// Where it is.
    pub point: PathBuf,
}

/// What is mounted, the latest mount last. Reads the mount table of the calling thread, which may
/// have a mount namespace of its own.
pub fn mounts() -> io::Result<Vec<Mount>> {
    let table = fs::read("/proc/thread-self/mountinfo")?;
    let read = |line: &[u8]| {
        let mut words = line.split(|byte| *byte == b' ');
        let (device, point) = (words.nth(2)?, words.nth(1)?);
        Some(Mount {
            device: String::from_utf8_lossy(device).into_owned(),
            point: unescaped(point),
        })
    };
    Ok(table
        .split(|byte| *byte == b'\n')
        .filter_map(read)
        .collect())
}

/// A path as the mount table shows it: a blank, a tab, a newline, a backslash and a number sign are
/// three octal digits after a backslash.
fn unescaped(shown: &[u8]) -> PathBuf {
    let mut path = Vec::new();
    let mut rest = shown;
    while let [first, others @ ..] = rest {
        let code = first
            .eq(&b'\\')
            .then(|| std::str::from_utf8(others.get(..3)?).ok())
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        path.push(code.unwrap_or(*first));
        rest = &others[if code.is_some() { 3 } else { 0 }..];
    }
    PathBuf::from(OsString::from_vec(path))
}

/// Clears the immutable and append-only flags, which prevent removal. Ignores errors: a file that
/// cannot be opened, or has no flags, needs nothing. Opens no device, which may do anything then.
fn clear_flags(path: &Path) {
    let kind = path.symlink_metadata().map(|metadata| metadata.file_type());
    if !kind.is_ok_and(|kind| kind.is_file() || kind.is_dir()) {
        return;
    }
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
    fn removes_what_a_killed_run_has_left_and_nothing_else() {
        let parent = std::env::temp_dir().join(format!("selftest-left-{}", process::id()));
        fs::create_dir_all(&parent).unwrap();
        let running = Scratch::new(&parent).unwrap();
        for name in [
            "base0fs-selftest.1.0/directory",
            "base0fs-selftest-kept.1.0",
            "base0fs",
        ] {
            fs::create_dir_all(parent.join(name)).unwrap();
        }
        fs::write(parent.join("base0fs-selftest.file"), "").unwrap();
        std::os::unix::fs::symlink("base0fs", parent.join("base0fs-selftest.link")).unwrap();
        let another = Scratch::new(&parent).unwrap();
        assert!(!parent.join("base0fs-selftest.1.0").exists());
        for name in [
            "base0fs-selftest-kept.1.0",
            "base0fs",
            "base0fs-selftest.file",
            "base0fs-selftest.link",
        ] {
            assert!(parent.join(name).exists(), "{name}");
        }
        assert!(running.path().exists() && another.path().exists());
        drop((running, another));
        fs::remove_dir_all(parent).unwrap();
    }

    #[test]
    fn reads_what_the_mount_table_escapes() {
        assert_eq!(unescaped(br"/a\040b/\134c\011"), Path::new("/a b/\\c\t"));
        assert_eq!(unescaped(br"/a\04"), Path::new(r"/a\04"));
    }

    #[test]
    fn names_a_parent_that_does_not_exist() {
        let complaint = Scratch::new(Path::new("/nowhere/at/all")).unwrap_err();
        assert!(complaint.contains("/nowhere/at/all"), "{complaint}");
    }
}
