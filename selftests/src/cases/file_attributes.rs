// SPDX-License-Identifier: GPL-2.0

//! The attributes of chattr(1) and the project id, by ioctl(2) and by file_getattr(2) and
//! file_setattr(2).

use rustix::fs::{FileType, OFlags};
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{ior, iow, Command, CREATE, RDONLY, RDWR, WRONLY};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::{TestDir, ALICE};

pub(super) const CASE: Case = Case {
    name: "file_attributes",
    about: "chattr and project ids: set above and below, and enforced at once",
    risk: "files that are to be protected from change may stay unprotected",
    run: Run::Compared(run),
};

const GETFLAGS: Command = ior("FS_IOC_GETFLAGS", b'f', 1, 8);
pub(super) const SETFLAGS: Command = iow("FS_IOC_SETFLAGS", b'f', 2, 8);
const FSGETXATTR: Command = ior("FS_IOC_FSGETXATTR", b'X', 31, 28);
const FSSETXATTR: Command = iow("FS_IOC_FSSETXATTR", b'X', 32, 28);

const SYNC: u32 = 0x8;
const IMMUTABLE: u32 = 0x10;
const APPEND: u32 = 0x20;
pub(super) const NODUMP: u32 = 0x40;
const NOATIME: u32 = 0x80;
/// The flags that the case changes.
const CHANGED: u32 = SYNC | IMMUTABLE | APPEND | NODUMP | NOATIME;
/// The offset of the project id in `struct fsxattr`.
const PROJECT: usize = 12;

fn run(dir: &TestDir) -> Outcome {
    dir.write_file("f", b"content")?;
    dir.mkdir("d", 0o755)?;
    dir.symlink("f", "s")?;
    dir.mknod("fifo", FileType::Fifo, 0o600, 0)?;
    for bits in [IMMUTABLE, APPEND, NODUMP, SYNC, NOATIME, 0] {
        for name in ["f", "d"] {
            set_flags(dir, name, bits).compared();
            shown(dir, name)?;
            shown(&dir.below(), name)?;
        }
        enforced(dir)?;
    }
    // Set below, seen above, and the other way round.
    for (set, see) in [(&dir.below(), dir), (dir, &dir.below())] {
        set_flags(set, "f", IMMUTABLE).compared();
        enforced(see)?;
        shown(see, "f")?;
        set_flags(set, "f", 0).compared();
    }
    dir.record_times("chattr", "f", || {
        set_flags(dir, "f", NODUMP).compared();
        set_flags(dir, "f", 0).compared();
        Ok(())
    })?;
    by_descriptor(dir)?;
    as_others(dir)?;
    projects(dir)?;
    system_calls(dir)?;
    dir.read_file("f")?;
    dir.list("d")?;
    Ok(())
}

/// Sets the flags in `bits`, clears the other ones of the case, and leaves the filesystem's own.
pub(super) fn set_flags(dir: &TestDir, name: &str, bits: u32) -> Result<(), Errno> {
    let file = dir.open(name, RDONLY)?;
    let mut flags = [0; 8];
    file.ioctl(GETFLAGS, &mut flags)?;
    let present = u32::from_ne_bytes([flags[0], flags[1], flags[2], flags[3]]);
    let flags = ((present & !CHANGED) | bits).to_ne_bytes();
    dir.record(format!("flags for {name}"), &bits);
    file.ioctl(SETFLAGS, &mut [flags, [0; 4]].concat())
        .map(drop)
}

/// Records the flags that the case changes, by both commands.
fn shown(dir: &TestDir, name: &str) -> Outcome {
    let file = dir.open(name, RDONLY)?;
    let mut flags = [0; 8];
    file.ioctl(GETFLAGS, &mut flags).compared();
    let flags = u32::from_ne_bytes([flags[0], flags[1], flags[2], flags[3]]);
    dir.record(format!("flags of {name}"), &(flags & CHANGED));
    let mut attributes = [0; 28];
    file.ioctl(FSGETXATTR, &mut attributes).compared();
    // An extent count may differ between two files.
    let (before, after) = (attributes[..8].to_vec(), attributes[PROJECT..].to_vec());
    dir.record(format!("attributes of {name}"), &[before, after].concat());
    Ok(())
}

/// What the VFS checks by the flags of the inode.
fn enforced(dir: &TestDir) -> Outcome {
    for flags in [WRONLY, WRONLY | OFlags::APPEND, WRONLY | OFlags::TRUNC] {
        dir.open("f", flags).compared();
    }
    dir.open("f", WRONLY | OFlags::APPEND)
        .and_then(|file| file.set_flags(OFlags::empty()))
        .compared();
    dir.rename("f", "g").compared();
    dir.rename("g", "f").compared();
    dir.write_file("d/new", b"").compared();
    dir.unlink("d/new").compared();
    dir.chmod("d", 0o755).compared();
    Ok(())
}

/// A flag that is cleared by a descriptor binds the next operation on it no more, without a walk in
/// between.
fn by_descriptor(dir: &TestDir) -> Outcome {
    dir.write_file("open", b"content")?;
    let file = dir.open("open", RDWR)?;
    let mut present = [0; 8];
    file.ioctl(GETFLAGS, &mut present)?;
    let mut protected = present;
    protected[0] |= IMMUTABLE as u8;
    file.ioctl(SETFLAGS, &mut protected).compared();
    file.fstat()?;
    file.fchmod(0o600).compared();
    file.ioctl(SETFLAGS, &mut present).compared();
    file.fchmod(0o640).compared();
    file.fstat()?;
    Ok(())
}

/// A user who does not own the file, and one who does but has no capability.
fn as_others(dir: &TestDir) -> Outcome {
    if !dir.supports_flags() {
        return Ok(());
    }
    dir.write_file("own", b"")?;
    dir.lchown("own", Some(ALICE.uid), Some(ALICE.gid))?;
    dir.as_user(ALICE, || {
        for bits in [NODUMP, IMMUTABLE, APPEND, 0] {
            for name in ["own", "f"] {
                set_flags(dir, name, bits).compared();
            }
        }
        Ok(())
    })?;
    shown(dir, "own")?;
    shown(dir, "f")
}

fn projects(dir: &TestDir) -> Outcome {
    for name in ["f", "d", "fifo"] {
        let file = dir.open(name, RDONLY | OFlags::NONBLOCK)?;
        let mut attributes = [0; 28];
        file.ioctl(FSGETXATTR, &mut attributes).compared();
        attributes[PROJECT..PROJECT + 4].copy_from_slice(&42_u32.to_ne_bytes());
        file.ioctl(FSSETXATTR, &mut attributes).compared();
        if name != "fifo" {
            shown(dir, name)?;
            shown(&dir.below(), name)?;
        }
        // No flag is that high.
        attributes[3] = 0x40;
        file.ioctl(FSSETXATTR, &mut attributes).compared();
    }
    // A directory gives its id to what is created in it only if it has the flag for that.
    let file = dir.open("d/in-project", CREATE)?;
    file.ioctl(FSGETXATTR, &mut [0; 28]).compared();
    shown(dir, "d/in-project")
}

fn system_calls(dir: &TestDir) -> Outcome {
    for name in ["f", "d", "s", "fifo", "missing"] {
        let Ok(mut attributes) = dir.file_getattr(name) else {
            continue;
        };
        // FS_XFLAG_NODUMP
        attributes[0] |= 0x80;
        dir.file_setattr(name, &attributes).compared();
        dir.file_getattr(name).compared();
        dir.below().file_getattr(name).compared();
    }
    dir.open("f", RDWR)?;
    Ok(())
}
