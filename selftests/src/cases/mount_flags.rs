// SPDX-License-Identifier: GPL-2.0

//! Mount flags. The layer enforces those of the lower mount and those of its own mount.

use std::path::Path;

use rustix::fs::{Access, OFlags, XattrFlags};
use rustix::io::Errno;
use rustix::mount::{mount_bind, mount_remount, unmount, MountFlags, UnmountFlags};

use super::{atime, file_attributes::set_flags, file_capabilities::value as capability};
use crate::case::{Case, Run};
use crate::child::CAPABILITY;
use crate::fixture::{Directories, Fixture, Scenario};
use crate::ops::{seconds, Credentials, Operation, CREATE, RDONLY, RDWR, WRONLY};
use crate::outcome::{Expect, Outcome};
use crate::skipped;
use crate::test_dir::{TestDir, ALICE};

pub(super) const CASE: Case = Case {
    name: "mount_flags",
    about: "read-only, nodev, noexec, nosuid and atime flags, of the mount below and of the layer's own",
    risk: "mounts that forbid writing, or running set-id programs, may allow it",
    run: Run::Mounting(run),
};

fn run(fixture: &Fixture) -> Outcome {
    let [plain, lower, upper] = fixture.create_dirs(["plain", "lower", "mount"])?;
    let directories = Directories::new(&plain, &lower, &upper);
    fixture.compare("preparation", directories.without_layer(), prepare)?;
    for (flags, scenario) in [
        (MountFlags::empty(), no_flag as Scenario),
        (MountFlags::RDONLY, read_only),
        (MountFlags::NODEV, devices),
        (MountFlags::NOEXEC, execution),
        (MountFlags::NOSUID, set_id),
        (MountFlags::NOATIME, atime::run),
        (MountFlags::NODIRATIME, atime::run),
        (MountFlags::STRICTATIME, atime::run),
    ] {
        let plain_flags = BindWithFlags::new(&plain, flags)?;
        let lower_flags = BindWithFlags::new(&lower, flags)?;
        let mounted = fixture.mount(&lower, &upper)?;
        fixture.compare(&format!("{flags:?} below"), directories, scenario)?;
        mounted.unmount()?;
        drop(lower_flags);

        if flags == MountFlags::STRICTATIME {
            // The layer's mount can only reduce the access times that the lower mount keeps.
            continue;
        }
        let mounted = fixture.mount(&lower, &upper)?;
        mount_remount(&upper, MountFlags::BIND | flags, c"")?;
        fixture.compare(&format!("{flags:?} above"), directories, scenario)?;
        mounted.unmount()?;
        drop(plain_flags);
    }
    Ok(())
}

/// A bind mount of a directory onto itself, with mount flags. Dropping this detaches it.
pub(super) struct BindWithFlags<'a>(&'a Path);

impl<'a> BindWithFlags<'a> {
    /// Mounts it.
    pub(super) fn new(path: &'a Path, flags: MountFlags) -> Result<Self, Errno> {
        mount_bind(path, path)?;
        let bound = Self(path);
        mount_remount(path, MountFlags::BIND | flags, c"")?;
        Ok(bound)
    }
}

impl Drop for BindWithFlags<'_> {
    /// Detaching works also while the mount is busy. If it fails, the scratch directory unmounts
    /// it.
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
    dir.install("capable program")?;
    dir.setxattr(
        "capable program",
        CAPABILITY,
        &capability(None),
        XattrFlags::empty(),
    )
    .compared();
    Ok(())
}

fn no_flag(dir: &TestDir) -> Outcome {
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
    set_flags(dir, "f", 0).compared();
    dir.lchown("f", None, None).compared();
    dir.lchown("s", Some(0), None).compared();
    let moment = seconds(1_000_000_000);
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
    let user = Credentials {
        name: "user",
        namespace: None,
        id: ALICE.uid,
    };
    dir.capabilities_as(user, "capable program").compared();
    // Capabilities without effect are there all the same.
    dir.getxattr("capable program", CAPABILITY, 24).compared();
    // A change removes file capabilities even if this mount ignores them: other mounts do not.
    let operations: [Operation; 4] = [
        |dir| dir.lchown("capable", Some(1), None),
        |dir| dir.truncate("capable", 3),
        |dir| dir.open("capable", RDWR)?.write(b"changed").map(drop),
        |dir| dir.chmod("capable", 0o700),
    ];
    for operation in operations {
        dir.write_file("capable", b"program")?;
        let below = dir.below();
        match below.setxattr(
            "capable",
            CAPABILITY,
            &capability(None),
            XattrFlags::empty(),
        ) {
            Err(Errno::OPNOTSUPP) => {
                skipped::report("file capabilities", "the lower filesystem has none");
                return Ok(());
            }
            other => other?,
        }
        operation(dir)?;
        dir.below().getxattr("capable", CAPABILITY, 20).compared();
        dir.unlink("capable")?;
    }
    Ok(())
}
