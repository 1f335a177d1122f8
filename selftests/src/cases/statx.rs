// SPDX-License-Identifier: GPL-2.0

//! All fields of statx(2).

use rustix::fs::{statx, AtFlags, FileType, OFlags, StatxFlags, CWD};
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::outcome::{Expect, Outcome};
use crate::show::Show;
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "statx",
    about: "statx: masks, attributes, birth time, block size and direct I/O limits, equal to the lower file's",
    risk: "programs may take two files for one, or one for another",
    run: Run::Compared(run),
};

/// All bits, also those of later kernels.
const EVERYTHING: StatxFlags = StatxFlags::from_bits_retain(0x7fff_ffff);
/// The bits of the answer that a filesystem does not give, but the mount.
const OF_MOUNT: u32 = 0x1000 | 0x4000;

const NOFOLLOW: AtFlags = AtFlags::SYMLINK_NOFOLLOW;

fn run(dir: &TestDir) -> Outcome {
    dir.write_file("f", b"content")?;
    dir.mkdir("d", 0o755)?;
    dir.symlink("f", "s")?;
    dir.mknod("fifo", FileType::Fifo, 0o600, 0)?;
    dir.mknod("null", FileType::CharacterDevice, 0o600, 0x103)?;
    let masks = [
        StatxFlags::empty(),
        StatxFlags::TYPE | StatxFlags::SIZE,
        StatxFlags::BASIC_STATS,
        StatxFlags::BTIME,
        EVERYTHING,
    ];
    for name in [".", "f", "d", "s", "fifo", "null"] {
        for mask in masks {
            for sync in [
                AtFlags::empty(),
                AtFlags::STATX_FORCE_SYNC,
                AtFlags::STATX_DONT_SYNC,
            ] {
                look(dir, name, mask, NOFOLLOW | sync)?;
            }
        }
        compare_with_below(dir, name)?;
    }
    look(dir, "s", StatxFlags::BASIC_STATS, AtFlags::empty())?;
    look(
        dir,
        "f",
        StatxFlags::from_bits_retain(0x8000_0000),
        NOFOLLOW,
    )
    .refused(Errno::INVAL)?;
    look(
        dir,
        "f",
        StatxFlags::ALL,
        AtFlags::STATX_FORCE_SYNC | AtFlags::STATX_DONT_SYNC,
    )
    .refused(Errno::INVAL)?;
    look(dir, "missing", StatxFlags::ALL, NOFOLLOW).refused(Errno::NOENT)?;

    let file = dir.open("f", OFlags::PATH)?;
    dir.step("statx of a descriptor", || {
        statx(&file, "", AtFlags::EMPTY_PATH, StatxFlags::ALL).map(|found| found.show())
    })?;
    Ok(())
}

fn look(dir: &TestDir, name: &str, mask: StatxFlags, flags: AtFlags) -> Result<String, Errno> {
    dir.step(format!("statx {name} {mask:?} {flags:?}"), || {
        statx(CWD, dir.path(name), flags, mask).map(|found| found.show())
    })
}

/// Records whether the fields that identify a file, and its times, are those of the lower file.
fn compare_with_below(dir: &TestDir, name: &str) -> Outcome {
    let look = |path| statx(CWD, path, NOFOLLOW, EVERYTHING);
    let root = look(dir.path(""))?;
    // The lower filesystem may allocate delayed blocks at any time: the comparison needs a moment
    // in which it does not.
    let (above, below) = loop {
        let before = look(dir.below().path(name))?;
        let above = look(dir.path(name))?;
        let after = look(dir.below().path(name))?;
        if before.stx_blocks == after.stx_blocks {
            break (above, after);
        }
    };
    let time = |stamp: rustix::fs::StatxTimestamp| (stamp.tv_sec, stamp.tv_nsec);
    for (what, equal) in [
        ("inode", above.stx_ino == below.stx_ino),
        ("size", above.stx_size == below.stx_size),
        ("subvolume", above.stx_subvol == below.stx_subvol),
        ("blocks", above.stx_blocks == below.stx_blocks),
        ("birth time", time(above.stx_btime) == time(below.stx_btime)),
        (
            "modification time",
            time(above.stx_mtime) == time(below.stx_mtime),
        ),
        (
            "change time",
            time(above.stx_ctime) == time(below.stx_ctime),
        ),
    ] {
        dir.record(format!("statx {name}: {what} as below"), &equal);
    }
    dir.record(
        format!("statx {name}: the mount of the root"),
        &(above.stx_mnt_id == root.stx_mnt_id && above.stx_mask & OF_MOUNT != 0),
    );
    Ok(())
}
