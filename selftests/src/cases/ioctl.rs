// SPDX-License-Identifier: GPL-2.0

//! ioctl(2): which commands reach the lower file, with which result, and which are refused.

use rustix::io::Errno;

use super::file_attributes::{set_flags, NODUMP};
use super::{encryption, verity};
use crate::case::{Case, Run};
use crate::fixture::Fixture;
use crate::layer::mount_with_options;
use crate::ops::{io, ior, iow, iowr, pattern, Command, CREATE, RDONLY};
use crate::outcome::{expect, Expect, Outcome};
use crate::skipped;
use crate::test_dir::{TestDir, ALICE};

pub(super) const CASE: Case = Case {
    name: "ioctl",
    about:
        "commands that read or change a file have the lower file's result; extents are those below",
    risk: "programs that ask for a file's extents, version or geometry may get a wrong answer",
    run: Run::Compared(run),
};

pub(super) const REFUSED: Case = Case {
    name: "ioctl_refused",
    about: "commands that take descriptors, change the whole filesystem or make names are refused",
    risk: "a program that was given a part of a filesystem may change all of it",
    run: Run::Configuring(refused),
};

const GETVERSION: Command = ior("FS_IOC_GETVERSION", b'v', 1, 8);
/// Changes a file and has no argument. ext4 alone knows it.
///
/// FS_IOC_SETVERSION, which more filesystems know, makes ext4 with checksums of its metadata, the
/// usual one, write a warning to the kernel's log.
pub(super) const ALLOC_DA_BLKS: Command = io("EXT4_IOC_ALLOC_DA_BLKS", b'f', 12);
const FIEMAP: Command = iowr("FS_IOC_FIEMAP", b'f', 11, 32);
const FIONREAD: Command = Command {
    name: "FIONREAD",
    number: 0x541b,
};

/// The number of bytes that the blocks of a file have.
const FIOQSIZE: Command = Command {
    name: "FIOQSIZE",
    number: 0x5460,
};

/// Commands that read, with an argument of zeros: the answer is that of the same file below.
const READING: &[Command] = &[
    GETVERSION,
    ior("EXT4_IOC_GETVERSION", b'f', 3, 8),
    ior("FS_IOC_GETFSLABEL", 0x94, 49, 256),
    ior("FS_IOC_GETFSUUID", 0x15, 0, 17),
    io("FIGETBSZ", 0, 2),
    ior("XFS_IOC_DIOINFO", b'X', 30, 12),
    ior("XFS_IOC_FSGEOMETRY_V1", b'X', 100, 112),
    ior("XFS_IOC_FSGEOMETRY_V4", b'X', 124, 112),
    ior("XFS_IOC_FSGEOMETRY", b'X', 126, 256),
    iowr("XFS_IOC_AG_GEOMETRY", b'X', 61, 128),
    ior("BTRFS_IOC_FS_INFO", 0x94, 31, 1024),
    ior("BTRFS_IOC_SUBVOL_GETFLAGS", 0x94, 25, 8),
    iow("FS_IOC_GET_ENCRYPTION_POLICY", b'f', 21, 12),
    // Not a command.
    ior("none", b'~', 200, 16),
];

/// Commands with a null pointer, which fails, or without an argument. The error is that of the
/// plain directory.
const WITHOUT_ARGUMENT: &[Command] = &[
    GETVERSION,
    ALLOC_DA_BLKS,
    iowr("FITRIM", b'X', 121, 24),
    iowr("FS_IOC_GETFSMAP", b'X', 59, 192),
    encryption::SET_POLICY,
    encryption::GET_POLICY,
    encryption::ADD_KEY,
    encryption::REMOVE_KEY,
    encryption::KEY_STATUS,
    ior("FS_IOC_GET_ENCRYPTION_NONCE", b'f', 27, 16),
    verity::ENABLE,
    verity::MEASURE,
    verity::READ_METADATA,
    io("EXT4_IOC_PRECACHE_EXTENTS", b'f', 18),
    iow("EXT4_IOC_GETSTATE", b'f', 41, 4),
    iowr("XFS_IOC_GETBMAP", b'X', 38, 32),
    iowr("XFS_IOC_GETBMAPX", b'X', 56, 32),
    ior("XFS_IOC_FSCOUNTS", b'X', 113, 32),
    iow("BTRFS_IOC_DEFRAG", 0x94, 2, 4096),
    iowr("BTRFS_IOC_TREE_SEARCH", 0x94, 17, 4096),
    io("none", b'~', 200),
    Command {
        name: "TCGETS",
        number: 0x5401,
    },
];

fn run(dir: &TestDir) -> Outcome {
    dir.write_file("f", &pattern(7, 12_000))?;
    dir.mkdir("d", 0o755)?;
    for name in ["f", "d"] {
        let file = dir.open(name, RDONLY)?;
        for command in READING {
            file.ioctl_as_below(*command, &[0; 1024]).compared();
        }
        for command in WITHOUT_ARGUMENT {
            file.ioctl_number(*command, 0).compared();
        }
        file.ioctl_number(FIONREAD, 0).compared();
    }
    let mut unread = [0; 4];
    dir.open("f", RDONLY)?.ioctl(FIONREAD, &mut unread)?;
    dir.record("unread bytes", &unread.to_vec());
    sizes(dir)?;
    changes(dir)?;
    extents(dir)?;
    in_32_bits(dir)
}

/// What a user sees as the size of a directory's blocks is no address of the kernel, whatever was
/// done in the directory.
fn sizes(dir: &TestDir) -> Outcome {
    dir.mkdir("d/removed", 0o755)?;
    dir.write_file("d/unlinked", b"")?;
    dir.rmdir("d/removed")?;
    dir.unlink("d/unlinked")?;
    for name in ["d", ".", "f"] {
        let mut argument = [0; 8];
        dir.open(name, RDONLY)?.ioctl(FIOQSIZE, &mut argument)?;
        let size = i64::from_ne_bytes(argument);
        dir.record(format!("{name} has a size"), &(0..1 << 40).contains(&size));
    }
    Ok(())
}

/// A command that changes a file is for its owner.
fn changes(dir: &TestDir) -> Outcome {
    dir.as_user(ALICE, || {
        let file = dir.open("f", RDONLY)?;
        file.ioctl_number(ALLOC_DA_BLKS, 0).compared();
        Ok(())
    })
    .map_err(crate::outcome::Failure::from)
}

/// Where the data is differs between any two files.
fn extents(dir: &TestDir) -> Outcome {
    const SYNC: u32 = 1;
    /// As many as the request has room for.
    const EXTENTS: u32 = 16;
    let file = dir.open("sparse", CREATE)?;
    for block in [0, 1, 4, 7] {
        file.pwrite(&pattern(block as u8, 4_096), block * 4_096)?;
    }
    let request = |start: u64, length: u64, flags: u32, count: u32| {
        let mut request = Vec::new();
        request.extend(start.to_ne_bytes());
        request.extend(length.to_ne_bytes());
        request.extend([flags, 0, count, 0].map(u32::to_ne_bytes).concat());
        request.resize(32 + 56 * EXTENTS as usize, 0);
        request
    };
    for (start, length, flags, count) in [
        (0, u64::MAX, SYNC, EXTENTS),
        (0, u64::MAX, SYNC, 0),
        (8_192, 12_000, SYNC, EXTENTS),
        (0, u64::MAX, SYNC, 1),
        // No length, no such flag, extended attributes.
        (0, 0, SYNC, EXTENTS),
        (0, u64::MAX, 1 << 30, EXTENTS),
        (0, u64::MAX, SYNC | 2, EXTENTS),
    ] {
        file.ioctl_as_below(FIEMAP, &request(start, length, flags, count))
            .compared();
    }
    dir.open("d", RDONLY)?
        .ioctl_as_below(FIEMAP, &request(0, u64::MAX, 0, EXTENTS))
        .compared();
    Ok(())
}

/// 32-bit programs have other numbers for commands whose argument is a `long`.
fn in_32_bits(dir: &TestDir) -> Outcome {
    set_flags(dir, "f", NODUMP).compared();
    for (operation, command) in [
        ("ioctl32", ior("FS_IOC32_GETFLAGS", b'f', 1, 4)),
        ("ioctl32", ior("FS_IOC_GETFSLABEL", 0x94, 49, 256)),
        ("ioctl32", ior("XFS_IOC_FSGEOMETRY", b'X', 126, 256)),
        ("ioctl32", ior("FS_IOC_GETFSUUID", 0x15, 0, 17)),
        // The versions of two files differ.
        ("ioctl32-status", ior("FS_IOC32_GETVERSION", b'v', 1, 4)),
        ("ioctl32-status", ior("EXT4_IOC32_GETVERSION", b'f', 3, 4)),
        ("ioctl32-status", GETVERSION),
    ] {
        let number = format!("={}", command.number);
        let result = dir.in_child(&[&[operation, "f", &number]])?;
        if result.is_empty() {
            skipped::report("32-bit programs", "this kernel does not run them");
            break;
        }
    }
    Ok(())
}

/// Each of these commands with a null pointer: if one reached the lower filesystem, it would fail
/// there with another error, and change nothing.
const NOT_PASSED_ON: &[Command] = &[
    iow("FS_IOC_SETFSLABEL", 0x94, 50, 256),
    ior("FS_IOC_SHUTDOWN", b'X', 125, 4),
    iow("EXT4_IOC_RESIZE_FS", b'f', 16, 8),
    iow("EXT4_IOC_GROUP_EXTEND", b'f', 7, 8),
    iowr("EXT4_IOC_MOVE_EXT", b'f', 15, 40),
    iow("EXT4_IOC_SETFSUUID", b'f', 44, 8),
    iow("EXT4_IOC_CHECKPOINT", b'f', 43, 4),
    iow("XFS_IOC_FSGROWFSDATA", b'X', 110, 16),
    iow("XFS_IOC_EXCHANGE_RANGE", b'X', 129, 40),
    iowr("XFS_IOC_SWAPEXT", b'X', 109, 192),
    iowr("XFS_IOC_FD_TO_HANDLE", b'X', 106, 56),
    iowr("XFS_IOC_OPEN_BY_HANDLE", b'X', 107, 56),
    iow("BTRFS_IOC_SUBVOL_CREATE", 0x94, 14, 4096),
    iow("BTRFS_IOC_SNAP_CREATE_V2", 0x94, 23, 4096),
    iow("BTRFS_IOC_SNAP_DESTROY", 0x94, 15, 4096),
    iow("BTRFS_IOC_RESIZE", 0x94, 3, 4096),
    iow("BTRFS_IOC_SUBVOL_SETFLAGS", 0x94, 26, 8),
    iow("BTRFS_IOC_SEND", 0x94, 38, 72),
];

fn refused(fixture: &Fixture, filesystem: &str) -> Outcome {
    let [lower, upper] = fixture.create_dirs(["lower", "mount"])?;
    mount_with_options(filesystem, &[("source", &lower)], &upper)?;
    let mounted = crate::layer::MountGuard::adopt(&upper);
    std::fs::write(upper.join("f"), "content")?;
    for name in ["f", "."] {
        let file = std::fs::File::open(upper.join(name))?;
        for command in NOT_PASSED_ON {
            expect(
                &format!("{} on {name}", command.name),
                command.call_number(&file, 0),
                Err(Errno::NOTTY),
            )?;
        }
    }
    mounted.unmount()?;
    read_only(fixture, &lower, &upper)
}

/// A command that changes a file needs a writable mount above, too.
fn read_only(fixture: &Fixture, lower: &std::path::Path, upper: &std::path::Path) -> Outcome {
    let writable = fixture.mount(lower, upper)?;
    let file = std::fs::File::open(upper.join("f"))?;
    let before = ALLOC_DA_BLKS.call_number(&file, 0);
    drop(file);
    writable.unmount()?;
    let mounted = fixture.mount(lower, upper)?;
    let read_only = rustix::mount::MountFlags::BIND | rustix::mount::MountFlags::RDONLY;
    rustix::mount::mount_remount(upper, read_only, c"")?;
    let file = std::fs::File::open(upper.join("f"))?;
    expect(
        "EXT4_IOC_ALLOC_DA_BLKS on a read-only mount",
        ALLOC_DA_BLKS.call_number(&file, 0),
        Err(Errno::ROFS),
    )?;
    // It would have been accepted or refused below by the file alone.
    let below = ALLOC_DA_BLKS.call_number(std::fs::File::open(lower.join("f"))?, 0);
    expect("EXT4_IOC_ALLOC_DA_BLKS above and below", before, below)?;
    drop(file);
    mounted.unmount()?;
    Ok(())
}
