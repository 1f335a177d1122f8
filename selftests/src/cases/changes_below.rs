// SPDX-License-Identifier: GPL-2.0

//! Changes made directly in the lower directory, seen through the mount at once.

use rustix::fs::RenameFlags;
use rustix::io::Errno;

use super::splice_sendfile::move_all;
use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::{CREATE, RDONLY, RDWR};
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "changes_below",
    about:
        "files made, removed, renamed, replaced or changed directly below are seen so above at once",
    risk: "a program may read or change another file than the one that has the name below",
    run: Run::Compared(run),
};

/// Also run by cases that have another way to a second view of one directory.
pub(super) fn run(w: &World) -> Outcome {
    let below = w.below();
    names(w, &below)?;
    taken(w, &below)?;
    sizes(w, &below)?;
    attributes(w, &below)?;
    replacements(w, &below)?;
    directories(w, &below)?;
    opposite(w, &below)
}

fn names(w: &World, below: &World) -> Outcome {
    // A name that was looked up in vain becomes one that exists, and the other way round.
    w.stat("f").refused(Errno::NOENT)?;
    below.write_file("f", b"made below")?;
    w.stat("f")?;
    w.read_file("f")?;
    w.inode_as_below("f")?;
    below.unlink("f")?;
    w.stat("f").refused(Errno::NOENT)?;
    w.open("f", RDONLY).refused(Errno::NOENT)?;
    w.open("f", CREATE | rustix::fs::OFlags::EXCL)?
        .write(b"made above")?;
    below.read_file("f")?;

    below.rename("f", "g")?;
    w.stat("f").refused(Errno::NOENT)?;
    w.read_file("g")?;
    w.stat("h").refused(Errno::NOENT)?;
    below.rename("g", "h")?;
    w.read_file("h")?;
    w.list(".")?;
    // A rename above of what was renamed below, and a removal above of what was removed below.
    w.rename("g", "i").refused(Errno::NOENT)?;
    below.unlink("h")?;
    w.unlink("h").refused(Errno::NOENT)?;
    below.mkdir("h", 0o755)?;
    w.mkdir("h", 0o755).refused(Errno::EXIST)?;
    below.rmdir("h")?;
    w.rmdir("h").refused(Errno::NOENT)?;
    below.write_file("linked", b"")?;
    w.stat("link").refused(Errno::NOENT)?;
    below.link("linked", "link")?;
    w.lstat("linked")?;
    w.same_inode("linked", "link")?;
    Ok(())
}

/// Whatever is made above under a name that was missing and is taken below, meets what is there.
fn taken(w: &World, below: &World) -> Outcome {
    w.write_file("source", b"source")?;
    for (number, make) in [
        (|w, name| w.mkdir(name, 0o755)) as fn(&World, &str) -> Result<(), Errno>,
        |w, name| w.mknod(name, rustix::fs::FileType::Fifo, 0o600, 0),
        |w, name| w.symlink("target", name),
        |w, name| w.link("source", name),
        |w, name| w.open(name, CREATE | rustix::fs::OFlags::EXCL).map(|_| ()),
        |w, name| w.rename_with("source", name, RenameFlags::NOREPLACE),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("taken-{number}");
        w.lstat(&name).refused(Errno::NOENT)?;
        below.write_file(&name, b"first")?;
        make(w, &name).refused(Errno::EXIST)?;
        w.read_file(&name)?;
    }
    // The other way round: what is renamed or removed above is what has the name now, not what had
    // it.
    for name in ["taken-0", "taken-1"] {
        w.lstat(name)?;
        below.unlink(name)?;
        below.write_file(name, b"second")?;
    }
    w.rename("taken-0", "renamed")?;
    w.read_file("renamed")?;
    w.rename("renamed", "taken-1")?;
    w.read_file("taken-1")?;
    below.unlink("taken-1")?;
    below.mkdir("taken-1", 0o755)?;
    w.unlink("taken-1").refused(Errno::ISDIR)?;
    w.rmdir("taken-1")?;
    Ok(())
}

/// The end of a file that grew or shrank below is where it is now, for every way to meet it.
/// Copying within the kernel believes the size that was seen last, so that it is asked for first,
/// as programs that copy do.
fn sizes(w: &World, below: &World) -> Outcome {
    w.write_file("size", b"0123456789")?;
    let file = w.open("size", RDWR)?;
    file.fstat()?;
    let grow = |to: u64| below.truncate("size", to);
    grow(5_000)?;
    file.pread(10, 4_995)?;
    grow(6_000)?;
    file.seek(rustix::fs::SeekFrom::End(0))?;
    grow(7_000)?;
    let target = w.open("copied", CREATE)?;
    file.fstat()?;
    let (mut from, mut to) = (0, 0);
    move_all(w, "copy_file_range of what grew below", 10_000, |left| {
        rustix::fs::copy_file_range(&file, Some(&mut from), &target, Some(&mut to), left)
    })?;
    grow(8_000)?;
    let mut from = 7_000;
    move_all(w, "sendfile of what grew below", 10_000, |left| {
        rustix::fs::sendfile(&target, &file, Some(&mut from), left)
    })?;
    grow(9_000)?;
    let mapping = file.mmap(
        12_288,
        rustix::mm::ProtFlags::READ,
        rustix::mm::MapFlags::SHARED,
    )?;
    mapping.probe(8_192)?;
    grow(4_000)?;
    mapping.probe(8_192).refused(Errno::FAULT)?;
    file.pread(100, 3_990)?;
    file.seek(rustix::fs::SeekFrom::Hole(3_999))?;
    file.fstat()?;
    let (mut from, mut to) = (3_000, 0);
    move_all(w, "copy_file_range of what shrank below", 10_000, |left| {
        rustix::fs::copy_file_range(&file, Some(&mut from), &target, Some(&mut to), left)
    })?;
    grow(20)?;
    let appending = w.open("size", RDWR | rustix::fs::OFlags::APPEND)?;
    grow(30)?;
    appending.write(b"at the end")?;
    appending.pwritev2(&[b" twice"], 0, rustix::io::ReadWriteFlags::APPEND)?;
    w.read_file("size")?;
    w.read_file("copied")?;
    Ok(())
}

fn attributes(w: &World, below: &World) -> Outcome {
    w.write_file("a", b"attributes")?;
    let open = w.open("a", RDWR)?;
    w.lstat("a")?;
    below.chmod("a", 0o4711)?;
    w.lstat("a")?;
    open.fstat()?;
    below.lchown("a", Some(11), Some(22))?;
    open.fstat()?;
    w.lstat("a")?;
    below.truncate("a", 3)?;
    open.fstat()?;
    w.read_file("a")?;
    below.write_file("a", b"rewritten below, and longer than it was")?;
    w.lstat("a")?;
    open.read(100)?;
    below.setxattr(
        "a",
        "trusted.below",
        b"value",
        rustix::fs::XattrFlags::empty(),
    )?;
    w.getxattr("a", "trusted.below", 100)?;
    below.removexattr("a", "trusted.below")?;
    w.listxattr("a", 1_000)?;
    let moment = rustix::fs::Timespec {
        tv_sec: 1_234_567_890,
        tv_nsec: 5,
    };
    w.stamped("times set below", "a", || {
        below.utimens("a", moment, moment)
    })?;
    w.stamped("a write below", "a", || below.open("a", RDWR)?.write(b"x"))?;
    // Appending above follows the end that a write below has moved.
    let log = w.open("a", RDWR | rustix::fs::OFlags::APPEND)?;
    below.open("a", RDWR)?.pwrite(b"end below", 100)?;
    log.write(b" end above")?;
    below.read_file("a")?;
    Ok(())
}

fn replacements(w: &World, below: &World) -> Outcome {
    w.write_file("r", b"the old file")?;
    let old = w.open("r", RDWR)?;
    below.write_file("new", b"the new file")?;
    below.rename("new", "r")?;
    w.read_file("r")?;
    w.inode_as_below("r")?;
    old.read(64)?;
    old.fstat()?;
    old.write(b", written to")?;
    w.read_file("r")?;

    // The type of what has the name may change, too.
    below.unlink("r")?;
    below.mkdir("r", 0o755)?;
    w.lstat("r")?;
    w.list("r")?;
    w.write_file("r/inside", b"")?;
    below.unlink("r/inside")?;
    below.rmdir("r")?;
    below.symlink("elsewhere", "r")?;
    w.readlink("r")?;
    below.unlink("r")?;
    below.mknod("r", rustix::fs::FileType::Fifo, 0o600, 0)?;
    w.lstat("r")?;
    below.unlink("r")?;
    w.lstat("r").refused(Errno::NOENT)?;

    w.write_file("x", b"x")?;
    w.mkdir("y", 0o755)?;
    w.write_file("y/inside", b"")?;
    below.rename_with("x", "y", RenameFlags::EXCHANGE)?;
    w.list("x")?;
    w.read_file("y")?;
    w.open("y/inside", RDONLY).refused(Errno::NOTDIR)?;
    Ok(())
}

fn directories(w: &World, below: &World) -> Outcome {
    w.mkdir("d", 0o755)?;
    w.mkdir("d/e", 0o755)?;
    w.write_file("d/e/f", b"deep")?;
    let (directory, file) = (w.open("d/e", RDONLY)?, w.open("d/e/f", RDWR)?);
    below.rename("d/e", "moved")?;
    w.stat("d/e/f").refused(Errno::NOENT)?;
    w.read_file("moved/f")?;
    w.statat(&directory, "f", rustix::fs::AtFlags::empty())?;
    file.write(b"DEEP")?;
    w.read_file("moved/f")?;
    w.same_inode("moved/..", "d/..")?;
    below.rename("moved", "d/back")?;
    w.same_inode("d/back/..", "d")?;
    w.list("d")?;

    // A tree that is removed below while it is open above.
    below.unlink("d/back/f")?;
    below.rmdir("d/back")?;
    directory.fstat()?;
    directory.rest_of_directory(4_096).either();
    w.statat(&directory, "f", rustix::fs::AtFlags::empty())
        .refused(Errno::NOENT)?;
    w.list("d/back").refused(Errno::NOENT)?;
    file.read(64)?;
    file.fstat()?;
    below.rmdir("d")?;
    w.write_file("d/new", b"").refused(Errno::NOENT)?;
    Ok(())
}

/// What is done above is seen below at once.
fn opposite(w: &World, below: &World) -> Outcome {
    w.mkdir("o", 0o755)?;
    below.list("o")?;
    w.write_file("o/f", b"made above")?;
    below.read_file("o/f")?;
    let open = below.open("o/f", RDWR)?;
    w.open("o/f", RDWR)?.pwrite(b"MADE", 0)?;
    open.read(64)?;
    w.chmod("o/f", 0o600)?;
    open.fstat()?;
    w.rename("o/f", "o/g")?;
    below.lstat("o/f").refused(Errno::NOENT)?;
    w.unlink("o/g")?;
    open.fstat()?;
    below.list("o")?;
    w.rmdir("o")?;
    below.lstat("o").refused(Errno::NOENT)
}
