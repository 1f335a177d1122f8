// SPDX-License-Identifier: GPL-2.0

//! What the mount of the lower directory forbids, the layer forbids, and so does its own mount.

use std::path::Path;

use rustix::fs::{Access, OFlags, XattrFlags};
use rustix::io::Errno;
use rustix::mount::{mount_bind, mount_remount, unmount, MountFlags, UnmountFlags};

use super::atime;
use crate::bench::Bench;
use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::{CREATE, RDONLY, RDWR, WRONLY};
use crate::suite::Places;
use crate::world::{World, ALICE};

pub(super) const CASE: Case = Case {
    name: "mount_flags",
    about: "read-only, nodev, noexec, nosuid and atime flags, of the mount below and of the layer's own",
    risk: "what a mount forbids (to write, to run programs with more rights) may happen all the same",
    run: Run::Mounting(run),
};

type Act = fn(&World) -> Outcome;

fn run(bench: &Bench) -> Outcome {
    let [plain, lower, upper] = bench.directories(["plain", "lower", "mount"])?;
    let places = Places::new(&plain, &lower, &upper);
    bench.compare("preparation", places.bare(), prepare)?;
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
        let mounted = bench.mount(&lower, &upper)?;
        bench.compare(&format!("{flags:?} below"), places, act)?;
        mounted.unmount()?;
        drop(lower_flags);

        let Some(act) = act_above(flags, act) else {
            continue;
        };
        let mounted = bench.mount(&lower, &upper)?;
        mount_remount(&upper, MountFlags::BIND | flags, c"")?;
        bench.compare(&format!("{flags:?} above"), places, act)?;
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

fn prepare(w: &World) -> Outcome {
    w.write_file("f", b"content")?;
    w.mkdir("d", 0o755)?;
    w.symlink("f", "s")?;
    w.mknod("fifo", rustix::fs::FileType::Fifo, 0o600, 0)?;
    w.mknod("null", rustix::fs::FileType::CharacterDevice, 0o666, 0x103)?;
    w.install("program")?;
    w.lchown("program", Some(ALICE.uid), Some(ALICE.gid))?;
    w.chmod("program", 0o6755)?;
    Ok(())
}

fn nothing_forbidden(w: &World) -> Outcome {
    read_only(w)?;
    devices(w)?;
    execution(w)?;
    set_id(w)
}

fn read_only(w: &World) -> Outcome {
    w.read_file("f")?;
    w.list(".")?;
    for flags in [
        WRONLY,
        RDWR,
        WRONLY | OFlags::TRUNC,
        CREATE,
        CREATE | OFlags::EXCL,
    ] {
        w.open("f", flags).either();
        w.open("new", flags).and_then(|_| w.unlink("new")).either();
    }
    w.open("d", OFlags::TMPFILE | RDWR).either();
    w.open("fifo", RDWR)?;
    w.truncate("f", 7).either();
    w.chmod("f", 0o644).either();
    w.lchown("f", None, None).either();
    w.lchown("s", Some(0), None).either();
    let moment = rustix::fs::Timespec {
        tv_sec: 1_000_000_000,
        tv_nsec: 0,
    };
    w.utimens("f", moment, moment).either();
    w.mkdir("e", 0o755).either();
    w.rmdir("e").either();
    w.symlink("x", "t").either();
    w.unlink("t").either();
    w.link("f", "g").either();
    w.rename("g", "h").either();
    w.unlink("h").either();
    w.mknod("p", rustix::fs::FileType::Fifo, 0o600, 0).either();
    w.unlink("p").either();
    w.unlink("missing").either();
    w.mkdir("d", 0o755).either();
    w.setxattr("f", "trusted.x", b"x", XattrFlags::empty())
        .either();
    w.removexattr("f", "trusted.x").either();
    w.access("f", Access::WRITE_OK).either();
    w.access("d", Access::WRITE_OK).either();
    w.access("f", Access::READ_OK)?;
    w.stamped("reading", "f", || w.read_file("f"))?;
    Ok(())
}

fn devices(w: &World) -> Outcome {
    w.open("null", RDWR)
        .and_then(|null| null.write(b"gone"))
        .either();
    w.open("null", RDONLY).either();
    w.access("null", Access::READ_OK)?;
    Ok(())
}

fn execution(w: &World) -> Outcome {
    w.access("program", Access::EXEC_OK).either();
    w.execute("program", "--version").either();
    w.open("program", RDONLY)?
        .mmap(
            4_096,
            rustix::mm::ProtFlags::READ | rustix::mm::ProtFlags::EXEC,
            rustix::mm::MapFlags::PRIVATE,
        )
        .either();
    Ok(())
}

fn set_id(w: &World) -> Outcome {
    w.execute("program", "--hold").either();
    // Capabilities without effect go with a change all the same: other mounts honour them.
    let mut capabilities = [0; 20];
    capabilities[..8].copy_from_slice(&[1, 0, 0, 2, 0, 4, 0, 0]);
    type Act = fn(&World) -> Result<(), Errno>;
    let acts: [Act; 4] = [
        |w| w.lchown("capable", Some(1), None),
        |w| w.truncate("capable", 3),
        |w| w.open("capable", RDWR)?.write(b"changed").map(drop),
        |w| w.chmod("capable", 0o700),
    ];
    for act in acts {
        w.write_file("capable", b"program")?;
        w.below().setxattr(
            "capable",
            "security.capability",
            &capabilities,
            XattrFlags::empty(),
        )?;
        act(w)?;
        w.below()
            .getxattr("capable", "security.capability", 20)
            .either();
        w.unlink("capable")?;
    }
    Ok(())
}
