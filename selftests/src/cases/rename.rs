// SPDX-License-Identifier: GPL-2.0

//! Renaming, with every flag.

use rustix::fs::RenameFlags;
use rustix::io::Errno;

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::{RDONLY, RDWR};
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "rename",
    about: "rename files and directories: over others, across directories, NOREPLACE, EXCHANGE, WHITEOUT, refusals",
    risk: "files may be lost or overwritten by renaming, which is how most programs save",
    run: Run::Compared(run),
};

fn run(w: &World) -> Outcome {
    files(w)?;
    directories(w)?;
    flags(w)
}

fn files(w: &World) -> Outcome {
    w.mkdir("a", 0o755)?;
    w.mkdir("b", 0o755)?;
    w.write_file("a/f", b"moves")?;
    let open = w.open("a/f", RDWR)?;
    w.stamped("rename in a directory", "a", || w.rename("a/f", "a/g"))?;
    w.stamped("rename to another directory", "b", || {
        w.rename("a/g", "b/f")
    })?;
    w.lstat("a/f").refused(Errno::NOENT)?;
    w.lstat("a/g").refused(Errno::NOENT)?;
    w.inode_as_below("b/f")?;
    open.write(b"MOVED")?;
    w.read_file("b/f")?;

    // Over an existing file, which lives on where it is open.
    w.write_file("a/victim", b"replaced")?;
    let victim = w.open("a/victim", RDONLY)?;
    w.rename("b/f", "a/victim")?;
    victim.read(64)?;
    victim.fstat()?;
    open.fstat()?;
    w.read_file("a/victim")?;

    // Two names of one inode: nothing happens, and both stay.
    w.link("a/victim", "a/twin")?;
    w.rename("a/twin", "a/victim")?;
    w.list("a")?;
    w.rename("a/twin", "a/twin")?;

    w.symlink("a/twin", "symlink")?;
    w.rename("symlink", "b/symlink")?;
    w.readlink("b/symlink")?;
    w.rename("a/twin", "b/symlink")?;
    w.lstat("b/symlink")?;
    w.rename("missing", "b/x").refused(Errno::NOENT)?;
    w.rename("a/victim", "missing/x").refused(Errno::NOENT)?;
    Ok(())
}

fn directories(w: &World) -> Outcome {
    w.mkdir("p", 0o755)?;
    w.mkdir("p/q", 0o755)?;
    w.write_file("p/q/f", b"inside")?;
    w.mkdir("empty", 0o755)?;
    w.mkdir("full", 0o755)?;
    w.write_file("full/f", b"")?;
    w.write_file("file", b"")?;

    w.rename("p", "p/q/r").refused(Errno::INVAL)?;
    // Both ENOTEMPTY and EEXIST are in use for this.
    w.rename("p", "full").either();
    w.rename("p", "file").refused(Errno::NOTDIR)?;
    w.rename("file", "p").refused(Errno::ISDIR)?;
    w.rename("p/q", "p").either();
    w.rename("p/.", "x").refused(Errno::BUSY)?;

    let inside = w.open("p/q", RDONLY)?;
    w.rename("p", "empty")?;
    w.lstat("empty")?;
    w.read_file("empty/q/f")?;
    w.rename("empty/q", "moved")?;
    // The link counts of both parents follow, and so does `..`.
    w.lstat("empty")?;
    w.lstat(".")?;
    w.same_inode("moved/..", "full/..")?;
    w.statat(&inside, "f", rustix::fs::AtFlags::empty())?;
    w.statat(&inside, "../file", rustix::fs::AtFlags::empty())?;
    w.list("moved")?;
    Ok(())
}

fn flags(w: &World) -> Outcome {
    w.write_file("x", b"x")?;
    w.write_file("y", b"y")?;
    w.mkdir("dir", 0o755)?;
    w.write_file("dir/f", b"")?;
    w.rename_with("x", "y", RenameFlags::NOREPLACE)
        .refused(Errno::EXIST)?;
    w.rename_with("x", "z", RenameFlags::NOREPLACE)?;
    w.rename_with("z", "y", RenameFlags::EXCHANGE)?;
    w.read_file("z")?;
    w.read_file("y")?;
    w.rename_with("z", "dir", RenameFlags::EXCHANGE)?;
    w.list("z")?;
    w.lstat(".")?;
    w.rename_with("z/f", "dir", RenameFlags::EXCHANGE)?;
    w.rename_with("y", "missing", RenameFlags::EXCHANGE)
        .refused(Errno::NOENT)?;
    w.rename_with("z", "z/f", RenameFlags::EXCHANGE)
        .refused(Errno::INVAL)?;
    w.rename_with("y", "dir", RenameFlags::EXCHANGE | RenameFlags::NOREPLACE)
        .refused(Errno::INVAL)?;
    w.rename_with("y", "dir", RenameFlags::from_bits_retain(64))
        .refused(Errno::INVAL)?;

    // A whiteout, where the lower filesystem knows it: the old name becomes a character device 0:0.
    w.write_file("covered", b"")?;
    w.rename_with("covered", "uncovered", RenameFlags::WHITEOUT)
        .either();
    w.lstat("covered").either();
    w.list(".")?;
    Ok(())
}
