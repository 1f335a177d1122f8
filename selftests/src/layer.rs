// SPDX-License-Identifier: GPL-2.0

//! What lies between the two directories that a case is compared on: the filesystem under test.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::CWD;
use rustix::io::{read, Errno};
use rustix::mount::{
    fsconfig_create, fsconfig_set_string, fsmount, fsopen, mount_bind, move_mount, unmount,
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, UnmountFlags,
};

use crate::show::errno_name;

/// A way to make a lower directory appear at a mountpoint.
pub trait Layer: Sync {
    /// How the user names it: `--type NAME`.
    fn name(&self) -> &str;

    /// The registered filesystem type behind it, for cases about mounting; none where there is no
    /// such type.
    fn filesystem_type(&self) -> Option<&str> {
        None
    }

    /// Mounts `source` at `target`.
    fn mount(&self, source: &Path, target: &Path) -> Result<(), Refusal>;
}

/// A mount that was refused: the step that failed, its error, and what the filesystem said in the
/// mount's log.
#[derive(Debug)]
pub struct Refusal {
    /// The system call that failed, with its arguments.
    pub step: String,
    /// Its error.
    pub errno: Errno,
    /// The lines of the message log, each with its severity (`e`, `w` or `i`) in front.
    pub log: Vec<String>,
}

impl Refusal {
    /// One sentence for a person.
    pub fn sentence(&self) -> String {
        let said = match self.log.is_empty() {
            true => "it left no message in the mount's log".to_owned(),
            false => format!("it said: {}", self.log.join("; ")),
        };
        format!(
            "{} failed with {}, {said}",
            self.step,
            errno_name(self.errno)
        )
    }
}

/// A filesystem type that the kernel has registered, mounted with the lower directory as its
/// source.
#[derive(Debug)]
pub struct Registered {
    name: String,
}

impl Registered {
    /// The type `name`, if /proc/filesystems lists it.
    pub fn find(name: &str) -> Result<Self, String> {
        let listed = fs::read_to_string("/proc/filesystems").map_err(|error| {
            format!("/proc/filesystems cannot be read ({error}): mount /proc first.")
        })?;
        match listed.lines().any(|line| line.split_whitespace().last() == Some(name)) {
            true => Ok(Self { name: name.to_owned() }),
            false => Err(format!(
                "the kernel does not know the filesystem {name} (/proc/filesystems lists none of that name): run \
                 `insmod {name}.ko` first."
            )),
        }
    }
}

impl Layer for Registered {
    fn name(&self) -> &str {
        &self.name
    }

    fn filesystem_type(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn mount(&self, source: &Path, target: &Path) -> Result<(), Refusal> {
        configured_mount(&self.name, &[("source", source)], target)
    }
}

/// Mounts a filesystem type through the mount API, each option a string.
pub fn configured_mount(
    filesystem: &str,
    options: &[(&str, &Path)],
    target: &Path,
) -> Result<(), Refusal> {
    let silent = |step: &str, errno| Refusal {
        step: step.to_owned(),
        errno,
        log: Vec::new(),
    };
    let context = fsopen(filesystem, FsOpenFlags::FSOPEN_CLOEXEC)
        .map_err(|errno| silent(&format!("fsopen {filesystem}"), errno))?;
    let refusal = |step: String, errno| Refusal {
        step,
        errno,
        log: messages(&context),
    };
    for (key, value) in options {
        fsconfig_set_string(&context, *key, *value)
            .map_err(|errno| refusal(format!("fsconfig {key}={}", value.display()), errno))?;
    }
    fsconfig_create(&context).map_err(|errno| refusal("fsconfig create".into(), errno))?;
    let mount = fsmount(
        &context,
        FsMountFlags::FSMOUNT_CLOEXEC,
        MountAttrFlags::empty(),
    )
    .map_err(|errno| refusal("fsmount".into(), errno))?;
    move_mount(
        &mount,
        "",
        CWD,
        target,
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
    )
    .map_err(|errno| refusal(format!("move_mount {}", target.display()), errno))
}

/// The messages of a filesystem context, which a read takes out of it one at a time.
fn messages(context: impl rustix::fd::AsFd) -> Vec<String> {
    let mut messages = Vec::new();
    let mut line = [0_u8; 1024];
    while let Ok(length @ 1..) = read(&context, &mut line) {
        messages.push(
            String::from_utf8_lossy(&line[..length])
                .trim_end()
                .to_owned(),
        );
    }
    messages
}

/// A bind mount: the suite's own control, on which every case has to pass.
#[derive(Debug)]
pub struct Bind;

impl Layer for Bind {
    fn name(&self) -> &str {
        "bind"
    }

    fn mount(&self, source: &Path, target: &Path) -> Result<(), Refusal> {
        mount_bind(source, target).map_err(|errno| Refusal {
            step: format!("bind mount of {}", source.display()),
            errno,
            log: Vec::new(),
        })
    }
}

/// How long a mount may be in use by somebody who only looks at it, such as a program that lists open
/// files: what holds it for good holds it longer.
const GLANCE: Duration = Duration::from_secs(5);

/// Takes a mount down, as a user would who tries again while it is in use.
pub fn take_down(target: &Path) -> Result<(), Errno> {
    let started = Instant::now();
    loop {
        match unmount(target, UnmountFlags::NOFOLLOW) {
            Err(Errno::BUSY) if started.elapsed() < GLANCE => {
                thread::sleep(Duration::from_millis(10));
            }
            other => return other,
        }
    }
}

/// A mount that is taken down when this goes out of scope, whatever still uses it.
#[derive(Debug)]
pub struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    /// Mounts `source` at `target` by `layer`.
    pub fn new(layer: &dyn Layer, source: &Path, target: &'a Path) -> Result<Self, Refusal> {
        layer.mount(source, target)?;
        Ok(Self(target))
    }

    /// Takes over a mount that was made at `target` by other means.
    pub fn taking_over(target: &'a Path) -> Self {
        Self(target)
    }

    /// Takes the mount down, as a user would: an error if it is still in use.
    pub fn unmount(self) -> Result<(), Errno> {
        take_down(self.0)
    }
}

impl Drop for Mounted<'_> {
    /// A mount that was already taken down by [`Mounted::unmount`] is no longer there, which is no
    /// error here.
    fn drop(&mut self) {
        let _ = unmount(self.0, UnmountFlags::NOFOLLOW | UnmountFlags::DETACH);
    }
}
