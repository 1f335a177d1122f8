// SPDX-License-Identifier: GPL-2.0

//! Changes made directly in the lower directory. The mount shows them at once.

use rustix::fs::{
    copy_file_range, sendfile, AtFlags, FileType, OFlags, RenameFlags, SeekFrom, Timespec,
    XattrFlags,
};
use rustix::io::{Errno, ReadWriteFlags};
use rustix::mm::{MapFlags, ProtFlags};

use super::splice_sendfile::move_all;
use crate::case::{Case, Run};
use crate::ops::{File, CREATE, RDONLY, RDWR};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "changes_below",
    about:
        "files created, removed, renamed, replaced or changed directly below are seen so above at once",
    risk: "a program may read or change another file than the one that has the name below",
    run: Run::Compared(run),
};

/// `two_mounts` runs this, too: there the second view is not the lower directory.
pub(super) fn run(dir: &TestDir) -> Outcome {
    let below = dir.below();
    names(dir, &below)?;
    names_taken_below(dir, &below)?;
    sizes(dir, &below)?;
    attributes(dir, &below)?;
    replacements(dir, &below)?;
    directories(dir, &below)?;
    changes_above(dir, &below)
}

fn names(dir: &TestDir, below: &TestDir) -> Outcome {
    // A negative dentry above becomes stale, and then a positive one.
    dir.stat("f").refused(Errno::NOENT)?;
    below.write_file("f", b"made below")?;
    dir.stat("f")?;
    dir.read_file("f")?;
    dir.inode_as_below("f")?;
    below.unlink("f")?;
    dir.stat("f").refused(Errno::NOENT)?;
    dir.open("f", RDONLY).refused(Errno::NOENT)?;
    dir.open("f", CREATE | OFlags::EXCL)?.write(b"made above")?;
    below.read_file("f")?;

    below.rename("f", "g")?;
    dir.stat("f").refused(Errno::NOENT)?;
    dir.read_file("g")?;
    dir.stat("h").refused(Errno::NOENT)?;
    below.rename("g", "h")?;
    dir.read_file("h")?;
    dir.list(".")?;
    // Operations above on names that were renamed or removed below.
    dir.rename("g", "i").refused(Errno::NOENT)?;
    below.unlink("h")?;
    dir.unlink("h").refused(Errno::NOENT)?;
    below.mkdir("h", 0o755)?;
    dir.mkdir("h", 0o755).refused(Errno::EXIST)?;
    below.rmdir("h")?;
    dir.rmdir("h").refused(Errno::NOENT)?;
    below.write_file("linked", b"")?;
    dir.stat("link").refused(Errno::NOENT)?;
    below.link("linked", "link")?;
    dir.lstat("linked")?;
    dir.same_inode("linked", "link")?;
    Ok(())
}

/// A name that was missing above and then created below cannot be created above.
fn names_taken_below(dir: &TestDir, below: &TestDir) -> Outcome {
    dir.write_file("source", b"source")?;
    for (number, create) in [
        (|dir, name| dir.mkdir(name, 0o755)) as fn(&TestDir, &str) -> Result<(), Errno>,
        |dir, name| dir.mknod(name, FileType::Fifo, 0o600, 0),
        |dir, name| dir.symlink("target", name),
        |dir, name| dir.link("source", name),
        |dir, name| dir.open(name, CREATE | OFlags::EXCL).map(|_| ()),
        |dir, name| dir.rename_with("source", name, RenameFlags::NOREPLACE),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("taken-{number}");
        dir.lstat(&name).refused(Errno::NOENT)?;
        below.write_file(&name, b"first")?;
        create(dir, &name).refused(Errno::EXIST)?;
        dir.read_file(&name)?;
    }
    // A rename or removal above affects the file that has the name now, not the one that had it.
    for name in ["taken-0", "taken-1"] {
        dir.lstat(name)?;
        below.unlink(name)?;
        below.write_file(name, b"second")?;
    }
    dir.rename("taken-0", "renamed")?;
    dir.read_file("renamed")?;
    dir.rename("renamed", "taken-1")?;
    dir.read_file("taken-1")?;
    below.unlink("taken-1")?;
    below.mkdir("taken-1", 0o755)?;
    dir.unlink("taken-1").refused(Errno::ISDIR)?;
    dir.rmdir("taken-1")?;
    Ok(())
}

/// Every operation sees the current size of a file that grew or shrank below. Copies within the
/// kernel use the size that was last read, so the case calls fstat(2) before, as programs that copy
/// do.
fn sizes(dir: &TestDir, below: &TestDir) -> Outcome {
    dir.write_file("size", b"0123456789")?;
    let file = dir.open("size", RDWR)?;
    file.fstat()?;
    let resize = |to: u64| below.truncate("size", to);
    resize(5_000)?;
    file.pread(10, 4_995)?;
    resize(6_000)?;
    file.seek(SeekFrom::End(0))?;
    resize(7_000)?;
    let target = dir.open("copied", CREATE)?;
    file.fstat()?;
    let (mut from, mut to) = (0, 0);
    move_all(dir, "copy_file_range of what grew below", 10_000, |left| {
        copy_file_range(&file, Some(&mut from), &target, Some(&mut to), left)
    })?;
    resize(8_000)?;
    let mut from = 7_000;
    move_all(dir, "sendfile of what grew below", 10_000, |left| {
        sendfile(&target, &file, Some(&mut from), left)
    })?;
    sizes_of_mappings(below, &file)?;
    let (mut from, mut to) = (3_000, 0);
    move_all(
        dir,
        "copy_file_range of what shrank below",
        10_000,
        |left| copy_file_range(&file, Some(&mut from), &target, Some(&mut to), left),
    )?;
    resize(20)?;
    let appending = dir.open("size", RDWR | OFlags::APPEND)?;
    resize(30)?;
    appending.write(b"at the end")?;
    appending.pwritev2(&[b" twice"], 0, ReadWriteFlags::APPEND)?;
    dir.read_file("size")?;
    dir.read_file("copied")?;
    Ok(())
}

/// The size that a mapping, pread(2), lseek(2) and fstat(2) see.
fn sizes_of_mappings(below: &TestDir, file: &File) -> Outcome {
    let resize = |to: u64| below.truncate("size", to);
    resize(9_000)?;
    let mapping = file.mmap(12_288, ProtFlags::READ, MapFlags::SHARED)?;
    mapping.fault_in(8_192)?;
    resize(4_000)?;
    mapping.fault_in(8_192).refused(Errno::FAULT)?;
    file.pread(100, 3_990)?;
    file.seek(SeekFrom::Hole(3_999))?;
    file.fstat()?;
    Ok(())
}

fn attributes(dir: &TestDir, below: &TestDir) -> Outcome {
    dir.write_file("a", b"attributes")?;
    let open = dir.open("a", RDWR)?;
    dir.lstat("a")?;
    below.chmod("a", 0o4711)?;
    dir.lstat("a")?;
    open.fstat()?;
    below.lchown("a", Some(11), Some(22))?;
    open.fstat()?;
    dir.lstat("a")?;
    // chown(2) takes the set-id bits, also if it changes neither id, and the lower file has them.
    for ids in [None, Some(12)] {
        below.chmod("a", 0o6755)?;
        open.fchown(ids, ids)?;
        below.lstat("a")?;
    }
    below.truncate("a", 3)?;
    open.fstat()?;
    dir.read_file("a")?;
    below.write_file("a", b"rewritten below, and longer than it was")?;
    dir.lstat("a")?;
    open.read(100)?;
    let attribute = format!("{}below", dir.attributes_of_root());
    below.setxattr("a", &attribute, b"value", XattrFlags::empty())?;
    dir.getxattr("a", &attribute, 100)?;
    below.removexattr("a", &attribute)?;
    dir.listxattr("a", 1_000)?;
    let moment = Timespec {
        tv_sec: 1_234_567_890,
        tv_nsec: 5,
    };
    dir.record_times("times set below", "a", || {
        below.utimens("a", moment, moment)
    })?;
    dir.record_times("a write below", "a", || below.open("a", RDWR)?.write(b"x"))?;
    // Appending above writes at the end of the file, which a write below has moved.
    let log = dir.open("a", RDWR | OFlags::APPEND)?;
    below.open("a", RDWR)?.pwrite(b"end below", 100)?;
    log.write(b" end above")?;
    below.read_file("a")?;
    Ok(())
}

fn replacements(dir: &TestDir, below: &TestDir) -> Outcome {
    dir.write_file("r", b"the old file")?;
    let old = dir.open("r", RDWR)?;
    below.write_file("new", b"the new file")?;
    below.rename("new", "r")?;
    dir.read_file("r")?;
    dir.inode_as_below("r")?;
    old.read(64)?;
    old.fstat()?;
    old.write(b", written to")?;
    dir.read_file("r")?;

    // The type of the file changes as well.
    below.unlink("r")?;
    below.mkdir("r", 0o755)?;
    dir.lstat("r")?;
    dir.list("r")?;
    dir.write_file("r/inside", b"")?;
    below.unlink("r/inside")?;
    below.rmdir("r")?;
    below.symlink("elsewhere", "r")?;
    dir.readlink("r")?;
    below.unlink("r")?;
    below.mknod("r", FileType::Fifo, 0o600, 0)?;
    dir.lstat("r")?;
    below.unlink("r")?;
    dir.lstat("r").refused(Errno::NOENT)?;

    dir.write_file("x", b"x")?;
    dir.mkdir("y", 0o755)?;
    dir.write_file("y/inside", b"")?;
    if !dir.supports_rename_flags() {
        return Ok(());
    }
    below.rename_with("x", "y", RenameFlags::EXCHANGE)?;
    dir.list("x")?;
    dir.read_file("y")?;
    dir.open("y/inside", RDONLY).refused(Errno::NOTDIR)?;
    Ok(())
}

fn directories(dir: &TestDir, below: &TestDir) -> Outcome {
    dir.mkdir("d", 0o755)?;
    dir.mkdir("d/e", 0o755)?;
    dir.write_file("d/e/f", b"deep")?;
    let (directory, file) = (dir.open("d/e", RDONLY)?, dir.open("d/e/f", RDWR)?);
    below.rename("d/e", "moved")?;
    dir.stat("d/e/f").refused(Errno::NOENT)?;
    dir.read_file("moved/f")?;
    dir.statat(&directory, "f", AtFlags::empty())?;
    file.write(b"DEEP")?;
    dir.read_file("moved/f")?;
    dir.same_inode("moved/..", "d/..")?;
    below.rename("moved", "d/back")?;
    dir.same_inode("d/back/..", "d")?;
    dir.list("d")?;

    // The directory is removed below while it is open above.
    below.unlink("d/back/f")?;
    below.rmdir("d/back")?;
    directory.fstat()?;
    directory.rest_of_directory(4_096).compared();
    dir.statat(&directory, "f", AtFlags::empty())
        .refused(Errno::NOENT)?;
    dir.list("d/back").refused(Errno::NOENT)?;
    file.read(64)?;
    file.fstat()?;
    below.rmdir("d")?;
    dir.write_file("d/new", b"").refused(Errno::NOENT)?;
    Ok(())
}

/// The lower directory shows changes made above at once.
fn changes_above(dir: &TestDir, below: &TestDir) -> Outcome {
    dir.mkdir("o", 0o755)?;
    below.list("o")?;
    dir.write_file("o/f", b"made above")?;
    below.read_file("o/f")?;
    let open = below.open("o/f", RDWR)?;
    dir.open("o/f", RDWR)?.pwrite(b"MADE", 0)?;
    open.read(64)?;
    dir.chmod("o/f", 0o600)?;
    open.fstat()?;
    dir.rename("o/f", "o/g")?;
    below.lstat("o/f").refused(Errno::NOENT)?;
    dir.unlink("o/g")?;
    open.fstat()?;
    below.list("o")?;
    dir.rmdir("o")?;
    below.lstat("o").refused(Errno::NOENT)
}
