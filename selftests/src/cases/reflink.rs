// SPDX-License-Identifier: GPL-2.0

//! Files that share blocks: FICLONE, FICLONERANGE and FIDEDUPERANGE, and copy_file_range(2), which
//! shares them where the filesystem can.

use rustix::fd::{AsFd, AsRawFd};
use rustix::fs::{copy_file_range, OFlags};
use rustix::io::Errno;

use super::file_attributes::set_flags;
use super::splice_sendfile::move_all;
use crate::case::{Case, Run};
use crate::ops::{iow, iowr, pattern, Command, File, CREATE, RDONLY, RDWR, WRONLY};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::{TestDir, ALICE};

pub(super) const CASE: Case = Case {
    name: "reflink",
    about:
        "files share blocks (FICLONE, FIDEDUPERANGE, copy_file_range) if the lower filesystem can",
    risk: "copies of files (cp --reflink, deduplication) may be wrong, or changes may show in both",
    run: Run::Compared(run),
};

const FICLONE: Command = iow("FICLONE", 0x94, 9, 4);
const FICLONERANGE: Command = iow("FICLONERANGE", 0x94, 13, 32);
const FIDEDUPERANGE: Command = iowr("FIDEDUPERANGE", 0x94, 54, 24);

/// A multiple of every block size.
const BLOCK: u64 = 65_536;

fn run(dir: &TestDir) -> Outcome {
    dir.write_file("source", &pattern(3, 3 * BLOCK as usize + 1_000))?;
    let source = dir.open("source", RDWR)?;
    let target = dir.open("target", CREATE)?;
    dir.record_times("FICLONE", "target", || {
        clone(&target, &source).compared();
        Ok(())
    })?;
    seen(dir, "target")?;
    // A change of one shows in one.
    source.pwrite(b"changed", 10)?;
    target.pwrite(b"CHANGED", 20)?;
    seen(dir, "source")?;
    seen(dir, "target")?;
    ranges(dir, &source, &target)?;
    links(dir, &source)?;
    refusals(dir, &source)?;
    privileges(dir)?;
    dedupe(dir)?;
    changed_below(dir)
}

/// Makes all of `target` share the blocks of `source`.
fn clone(target: &File, source: &File) -> Result<i32, Errno> {
    target.ioctl_number(FICLONE, source.as_fd().as_raw_fd() as u32)
}

/// FICLONERANGE. Length 0 is the rest of the file.
fn clone_range(
    target: &File,
    to: u64,
    source: &File,
    from: u64,
    length: u64,
) -> Result<i32, Errno> {
    let fd = source.as_fd().as_raw_fd() as u64;
    let mut range = [fd, from, length, to].map(u64::to_ne_bytes).concat();
    target.ioctl(FICLONERANGE, &mut range)
}

/// The size as fstat(2) shows it and the content, above and below.
fn seen(dir: &TestDir, name: &str) -> Outcome {
    for dir in [dir, &dir.below()] {
        dir.open(name, RDONLY)?.fstat()?;
        dir.read_file(name)?;
    }
    Ok(())
}

fn ranges(dir: &TestDir, source: &File, target: &File) -> Outcome {
    for (to, from, length) in [
        (BLOCK, 0, BLOCK),
        (8 * BLOCK, 2 * BLOCK, 0),
        (0, 10 * BLOCK, 0),
        (0, 0, 100),
        (100, 0, BLOCK),
        (u64::MAX - 5, 0, BLOCK),
    ] {
        clone_range(target, to, source, from, length).compared();
        target.fstat()?;
    }
    // Within one file: separate ranges, and overlapping ones.
    clone_range(target, 20 * BLOCK, target, 0, BLOCK).compared();
    target.unread()?;
    clone_range(target, BLOCK, target, 0, 2 * BLOCK).compared();
    seen(dir, "target")
}

/// Two names of one file.
fn links(dir: &TestDir, source: &File) -> Outcome {
    dir.link("source", "link")?;
    let link = dir.open("link", RDWR)?;
    clone_range(&link, 4 * BLOCK, source, 0, BLOCK).compared();
    clone_range(&link, 0, source, 0, BLOCK).compared();
    dir.step("copy_file_range onto itself", || {
        copy_file_range(source, Some(&mut 0), &link, Some(&mut 10), 100)
    })
    .refused(Errno::INVAL)?;
    seen(dir, "link")?;
    dir.unlink("link")?;
    Ok(())
}

fn refusals(dir: &TestDir, source: &File) -> Outcome {
    dir.write_file("other", b"other")?;
    let other = dir.open("other", RDONLY)?;
    clone(&other, source).compared();
    let appending = dir.open("other", RDWR | OFlags::APPEND)?;
    clone(&appending, source).compared();
    let unreadable = dir.open("other", WRONLY)?;
    clone(source, &unreadable).compared();
    dir.mkdir("d", 0o755)?;
    let directory = dir.open("d", RDONLY)?;
    clone(&directory, source).compared();
    clone(source, &directory).compared();
    source.ioctl_number(FICLONE, 9_999).compared();
    // The plain directory, and the mount, are on other filesystems than /proc.
    let elsewhere = std::fs::File::open("/proc/self/status")?;
    source
        .ioctl_number(FICLONE, elsewhere.as_raw_fd() as u32)
        .compared();
    // A flag that is set after the file was opened.
    let writable = dir.open("other", RDWR)?;
    for flags in [0x10, 0x20] {
        set_flags(&dir.below(), "other", flags).compared();
        clone(&writable, source).compared();
        // copy_file_range(2) checks the flags of the inode above, which fstat(2) updates.
        writable.fstat()?;
        dir.step("copy_file_range to a protected file", || {
            copy_file_range(source, Some(&mut 0), &writable, Some(&mut 0), 100)
        })
        .compared();
        writable.fstat()?;
        clone(&writable, source).compared();
        set_flags(&dir.below(), "other", 0).compared();
    }
    seen(dir, "other")
}

/// A change of the data takes set-id bits away.
fn privileges(dir: &TestDir) -> Outcome {
    for (name, by_clone) in [("cloned", true), ("copied", false)] {
        dir.write_file(name, b"content")?;
        dir.lchown(name, Some(ALICE.uid), Some(ALICE.gid))?;
        dir.chmod("source", 0o644)?;
        dir.chmod(name, 0o6755)?;
        dir.as_user(ALICE, || {
            let (source, target) = (dir.open("source", RDONLY)?, dir.open(name, RDWR)?);
            match by_clone {
                true => clone(&target, &source).map(drop),
                false => move_all(dir, "copy_file_range", 5_000, |left| {
                    let done = (5_000 - left) as u64;
                    let (mut from, mut to) = (done, done);
                    copy_file_range(&source, Some(&mut from), &target, Some(&mut to), left)
                })
                .map(drop),
            }
            .compared();
            Ok(())
        })?;
        dir.lstat(name)?;
        dir.below().lstat(name)?;
    }
    Ok(())
}

/// Records the status and the number of bytes for each of the targets.
fn dedupe_to(source: &File, from: u64, length: u64, targets: &[(&File, u64)]) -> Outcome {
    let mut request = [from, length].map(u64::to_ne_bytes).concat();
    request.extend((targets.len() as u16).to_ne_bytes());
    request.extend([0; 6]);
    for (target, to) in targets {
        let fd = target.as_fd().as_raw_fd() as u64;
        request.extend([fd, *to, 0, 0].map(u64::to_ne_bytes).concat());
    }
    let result = source.ioctl(FIDEDUPERANGE, &mut request);
    if result.is_ok() {
        for target in request[24..].chunks(32) {
            source.record("bytes and status", &target[16..28].to_vec());
        }
    }
    Ok(())
}

fn dedupe(dir: &TestDir) -> Outcome {
    let same = pattern(9, 2 * BLOCK as usize);
    for name in ["one", "two", "three"] {
        dir.write_file(name, &same)?;
    }
    dir.open("three", RDWR)?.pwrite(b"differs", 100)?;
    let [one, two, three] = ["one", "two", "three"].map(|name| dir.open(name, RDWR));
    let (one, two, three) = (one?, two?, three?);
    dedupe_to(&one, 0, 2 * BLOCK, &[(&two, 0), (&three, 0)])?;
    dedupe_to(&one, BLOCK, BLOCK, &[(&three, BLOCK), (&one, 0), (&two, 1)])?;
    dedupe_to(&one, 0, 9 * BLOCK, &[(&two, 0)])?;
    let directory = dir.open("d", RDONLY)?;
    dedupe_to(&one, 0, BLOCK, &[(&directory, 0)])?;
    // Without write access, only to own files.
    dir.as_user(ALICE, || {
        let (one, two) = (dir.open("one", RDONLY)?, dir.open("two", RDONLY)?);
        let _ = dedupe_to(&one, 0, BLOCK, &[(&two, 0)]);
        Ok(())
    })?;
    for name in ["one", "two", "three"] {
        seen(dir, name)?;
    }
    Ok(())
}

/// The source has grown below since it was opened above.
fn changed_below(dir: &TestDir) -> Outcome {
    dir.write_file("growing", b"short")?;
    let source = dir.open("growing", RDONLY)?;
    dir.below().write_file("growing", &pattern(5, 100_000))?;
    let target = dir.open("grown", CREATE)?;
    clone(&target, &source).compared();
    target.fstat()?;
    // copy_file_range(2) takes the size from the inode above, which fstat(2) updates.
    source.fstat()?;
    move_all(dir, "copy_file_range", 100_000, |left| {
        let done = (100_000 - left) as u64;
        let (mut from, mut to) = (done, done);
        copy_file_range(&source, Some(&mut from), &target, Some(&mut to), left)
    })?;
    target.unread()?;
    target.fstat()?;
    seen(dir, "grown")
}
