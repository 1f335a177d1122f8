// SPDX-License-Identifier: GPL-2.0

//! What the mount of the lower directory forbids, the layer forbids, and so does its own mount.

use std::path::Path;

use rustix::fs::{Access, OFlags, XattrFlags};
use rustix::io::Errno;
use rustix::mount::{mount_bind, mount_remount, unmount, MountFlags, UnmountFlags};

use super::atime;
use crate::case::{Case, Run};
use crate::fixture::{Directories, Fixture};
use crate::ops::{CREATE, RDONLY, RDWR, WRONLY};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::{TestDir, ALICE};

pub(super) const CASE: Case = Case {
    name: "mount_flags",
    about: "read-only, nodev, noexec, nosuid and atime flags, of the mount below and of the layer's own",
    risk: "what a mount forbids (to write, to run programs with more rights) may happen all the same",
    run: Run::Mounting(run),
};

type Act = fn(&TestDir) -> Outcome;

fn run(fixture: &Fixture) -> Outcome {
    let [plain, lower, upper] = fixture.create_dirs(["plain", "lower", "mount"])?;
    let places = Directories::new(&plain, &lower, &upper);
    fixture.compare("preparation", places.without_layer(), prepare)?;
    for (flags, act) in [
        (MountFlags::empty(), nothing_forbidden as Act),
        (MountFlags::RDONLY, read_only),
        (MountFlags::NODEV, devices),
        (MountFlags::NOEXEC, execution),
        (MountFlags::NOSUID, set_id),
        (MountFlags::NOATIME, atime::run),
        (MountFlags::NODIRATIME, atime::run),
        (MountFlags::STRICTATIME, atime::run),
    ] {
        let plain_flags = Flagged::new(&plain, flags)?;
        let lower_flags = Flagged::new(&lower, flags)?;
        let mounted = fixture.mount(&lower, &upper)?;
        fixture.compare(&format!("{flags:?} below"), places, act)?;
        mounted.unmount()?;
        drop(lower_flags);

        let Some(act) = act_above(flags, act) else {
            continue;
        };
        let mounted = fixture.mount(&lower, &upper)?;
        mount_remount(&upper, MountFlags::BIND | flags, c"")?;
        fixture.compare(&format!("{flags:?} above"), places, act)?;
        mounted.unmount()?;
        drop(plain_flags);
    }
    Ok(())
}

/// What is done to prove flags of the layer's own mount, whose say in access times is limited: it
/// can spare them, but cannot have more of them than the mount below wants.
fn act_above(flags: MountFlags, act: Act) -> Option<Act> {
    match flags {
        MountFlags::STRICTATIME => None,
        _ => Some(act),
    }
}

/// A directory bound onto itself with mount flags.
pub(super) struct Flagged<'a>(&'a Path);

impl<'a> Flagged<'a> {
    /// Binds a directory.
    pub(super) fn new(path: &'a Path, flags: MountFlags) -> Result<Self, Errno> {
        mount_bind(path, path)?;
        let bound = Self(path);
        mount_remount(path, MountFlags::BIND | flags, c"")?;
        Ok(bound)
    }
}

impl Drop for Flagged<'_> {
    /// Whatever still looks at it, it is no longer in the way. The scratch directory takes down what is
    /// left of it.
    fn drop(&mut self) {
        let _ = unmount(self.0, UnmountFlags::NOFOLLOW | UnmountFlags::DETACH);
    }
}

fn prepare(dir: &TestDir) -> Outcome {
    dir.write_file("f", b"content")?;
    dir.mkdir("d", 0o755)?;
    dir.symlink("f", "s")?;
    dir.mknod("fifo", rustix::fs::FileType::Fifo, 0o600, 0)?;
    dir.mknod("null", rustix::fs::FileType::CharacterDevice, 0o666, 0x103)?;
    dir.install("program")?;
    dir.lchown("program", Some(ALICE.uid), Some(ALICE.gid))?;
    dir.chmod("program", 0o6755)?;
    Ok(())
}

fn nothing_forbidden(dir: &TestDir) -> Outcome {
    read_only(dir)?;
    devices(dir)?;
    execution(dir)?;
    set_id(dir)
}

fn read_only(dir: &TestDir) -> Outcome {
    dir.read_file("f")?;
    dir.list(".")?;
    for flags in [
        WRONLY,
        RDWR,
        WRONLY | OFlags::TRUNC,
        CREATE,
        CREATE | OFlags::EXCL,
    ] {
        dir.open("f", flags).compared();
        dir.open("new", flags)
            .and_then(|_| dir.unlink("new"))
            .compared();
    }
    dir.open("d", OFlags::TMPFILE | RDWR).compared();
    dir.open("fifo", RDWR)?;
    dir.truncate("f", 7).compared();
    dir.chmod("f", 0o644).compared();
    dir.lchown("f", None, None).compared();
    dir.lchown("s", Some(0), None).compared();
    let moment = rustix::fs::Timespec {
        tv_sec: 1_000_000_000,
        tv_nsec: 0,
    };
    dir.utimens("f", moment, moment).compared();
    dir.mkdir("e", 0o755).compared();
    dir.rmdir("e").compared();
    dir.symlink("x", "t").compared();
    dir.unlink("t").compared();
    dir.link("f", "g").compared();
    dir.rename("g", "h").compared();
    dir.unlink("h").compared();
    dir.mknod("p", rustix::fs::FileType::Fifo, 0o600, 0)
        .compared();
    dir.unlink("p").compared();
    dir.unlink("missing").compared();
    dir.mkdir("d", 0o755).compared();
    dir.setxattr("f", "trusted.x", b"x", XattrFlags::empty())
        .compared();
    dir.removexattr("f", "trusted.x").compared();
    dir.access("f", Access::WRITE_OK).compared();
    dir.access("d", Access::WRITE_OK).compared();
    dir.access("f", Access::READ_OK)?;
    dir.record_times("reading", "f", || dir.read_file("f"))?;
    Ok(())
}

fn devices(dir: &TestDir) -> Outcome {
    dir.open("null", RDWR)
        .and_then(|null| null.write(b"gone"))
        .compared();
    dir.open("null", RDONLY).compared();
    dir.access("null", Access::READ_OK)?;
    Ok(())
}

fn execution(dir: &TestDir) -> Outcome {
    dir.access("program", Access::EXEC_OK).compared();
    dir.execute("program", "--version").compared();
    dir.open("program", RDONLY)?
        .mmap(
            4_096,
            rustix::mm::ProtFlags::READ | rustix::mm::ProtFlags::EXEC,
            rustix::mm::MapFlags::PRIVATE,
        )
        .compared();
    Ok(())
}

fn set_id(dir: &TestDir) -> Outcome {
    dir.execute("program", "--pause").compared();
    // Capabilities without effect go with a change all the same: other mounts honour them.
    let mut capabilities = [0; 20];
    capabilities[..8].copy_from_slice(&[1, 0, 0, 2, 0, 4, 0, 0]);
    type Act = fn(&TestDir) -> Result<(), Errno>;
    let acts: [Act; 4] = [
        |dir| dir.lchown("capable", Some(1), None),
        |dir| dir.truncate("capable", 3),
        |dir| dir.open("capable", RDWR)?.write(b"changed").map(drop),
        |dir| dir.chmod("capable", 0o700),
    ];
    for act in acts {
        dir.write_file("capable", b"program")?;
        dir.below().setxattr(
            "capable",
            "security.capability",
            &capabilities,
            XattrFlags::empty(),
        )?;
        act(dir)?;
        dir.below()
            .getxattr("capable", "security.capability", 20)
            .compared();
        dir.unlink("capable")?;
    }
    Ok(())
}
