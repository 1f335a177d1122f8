// SPDX-License-Identifier: GPL-2.0

//! The filesystem under test, which shows a lower directory at a mountpoint.

use std::fs;
use std::path::Path;

use rustix::fs::CWD;
use rustix::io::{read, Errno};
use rustix::mount::{
    fsconfig_create, fsconfig_set_string, fsmount, fsopen, mount_bind, move_mount, unmount,
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, UnmountFlags,
};

use crate::patience::Patience;
use crate::show::errno_name;

/// A way to show a lower directory at a mountpoint.
pub trait Layer: Sync {
    /// The name for `--type`.
    fn name(&self) -> &str;

    /// The registered filesystem type, if the layer is one. Cases about mounting need it.
    fn filesystem_type(&self) -> Option<&str> {
        None
    }

    /// Mounts `source` at `target`.
    fn mount(&self, source: &Path, target: &Path) -> Result<(), MountError>;
}

/// A failed mount: the step that failed, its error, and the messages of the filesystem context.
#[derive(Debug)]
pub struct MountError {
    /// The system call that failed, with its arguments.
    pub step: String,
    /// Its error.
    pub errno: Errno,
    /// The messages, each after its severity (`e`, `w` or `i`).
    pub log: Vec<String>,
}

impl MountError {
    /// The error in one sentence.
    pub fn describe(&self) -> String {
        let messages = match self.log.is_empty() {
            true => "without a message".to_owned(),
            false => format!("with the message: {}", self.log.join("; ")),
        };
        format!(
            "{} failed with {} {messages}",
            self.step,
            errno_name(self.errno)
        )
    }
}

/// A registered filesystem type, mounted with the lower directory as its source.
#[derive(Debug)]
pub struct Registered {
    name: String,
}

impl Registered {
    /// The type `name`. An error if /proc/filesystems does not list it.
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

    fn mount(&self, source: &Path, target: &Path) -> Result<(), MountError> {
        mount_with_options(&self.name, &[("source", source)], target)
    }
}

/// Mounts a filesystem type by fsopen(2) and fsconfig(2), with string options.
pub fn mount_with_options(
    filesystem: &str,
    options: &[(&str, &Path)],
    target: &Path,
) -> Result<(), MountError> {
    let without_context = |step: &str, errno| MountError {
        step: step.to_owned(),
        errno,
        log: Vec::new(),
    };
    let context = fsopen(filesystem, FsOpenFlags::FSOPEN_CLOEXEC)
        .map_err(|errno| without_context(&format!("fsopen {filesystem}"), errno))?;
    let failed = |step: String, errno| MountError {
        step,
        errno,
        log: messages(&context),
    };
    for (key, value) in options {
        fsconfig_set_string(&context, *key, *value)
            .map_err(|errno| failed(format!("fsconfig {key}={}", value.display()), errno))?;
    }
    fsconfig_create(&context).map_err(|errno| failed("fsconfig create".into(), errno))?;
    let mount = fsmount(
        &context,
        FsMountFlags::FSMOUNT_CLOEXEC,
        MountAttrFlags::empty(),
    )
    .map_err(|errno| failed("fsmount".into(), errno))?;
    move_mount(
        &mount,
        "",
        CWD,
        target,
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
    )
    .map_err(|errno| failed(format!("move_mount {}", target.display()), errno))
}

/// The messages of a filesystem context. Each read takes one.
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

/// A bind mount, the suite's control: every case has to pass on it.
#[derive(Debug)]
pub struct Bind;

impl Layer for Bind {
    fn name(&self) -> &str {
        "bind"
    }

    fn mount(&self, source: &Path, target: &Path) -> Result<(), MountError> {
        mount_bind(source, target).map_err(|errno| MountError {
            step: format!("bind mount of {}", source.display()),
            errno,
            log: Vec::new(),
        })
    }
}

/// Unmounts `target`. Tries again while it is busy: a program that lists open files uses a mount for
/// a moment; a leaked reference uses it forever.
pub fn unmount_retrying(target: &Path) -> Result<(), Errno> {
    let mut patience = Patience::of_seconds(5);
    loop {
        match unmount(target, UnmountFlags::NOFOLLOW) {
            Err(Errno::BUSY) if patience.lasts() => {}
            other => return other,
        }
    }
}

/// A mount. Dropping this detaches it (`MNT_DETACH`), even if it is busy.
#[derive(Debug)]
pub struct MountGuard<'a>(&'a Path);

impl<'a> MountGuard<'a> {
    /// Mounts `source` at `target` by `layer`.
    pub fn new(layer: &dyn Layer, source: &Path, target: &'a Path) -> Result<Self, MountError> {
        layer.mount(source, target)?;
        Ok(Self(target))
    }

    /// Guards a mount that exists at `target` already.
    pub fn adopt(target: &'a Path) -> Self {
        Self(target)
    }

    /// Unmounts. An error if the mount is still busy after [`BUSY_TIMEOUT`].
    pub fn unmount(self) -> Result<(), Errno> {
        unmount_retrying(self.0)
    }
}

impl Drop for MountGuard<'_> {
    /// Ignores the error that follows [`MountGuard::unmount`], which has removed the mount.
    fn drop(&mut self) {
        let _ = unmount(self.0, UnmountFlags::NOFOLLOW | UnmountFlags::DETACH);
    }
}
