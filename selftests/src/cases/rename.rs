// SPDX-License-Identifier: GPL-2.0

//! Renaming.

use rustix::fs::RenameFlags;
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{RDONLY, RDWR};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "rename",
    about: "rename files and directories: over others, across directories, NOREPLACE, EXCHANGE, WHITEOUT, refusals",
    risk: "files may be lost or overwritten by renaming, which is how most programs save",
    run: Run::Compared(run),
};

fn run(dir: &TestDir) -> Outcome {
    files(dir)?;
    directories(dir)?;
    flags(dir)
}

fn files(dir: &TestDir) -> Outcome {
    dir.mkdir("a", 0o755)?;
    dir.mkdir("b", 0o755)?;
    dir.write_file("a/f", b"moves")?;
    let open = dir.open("a/f", RDWR)?;
    dir.record_times("rename in a directory", "a", || dir.rename("a/f", "a/g"))?;
    dir.record_times("rename to another directory", "b", || {
        dir.rename("a/g", "b/f")
    })?;
    dir.lstat("a/f").refused(Errno::NOENT)?;
    dir.lstat("a/g").refused(Errno::NOENT)?;
    dir.inode_as_below("b/f")?;
    open.write(b"MOVED")?;
    dir.read_file("b/f")?;

    // Over an existing file, which stays usable while it is open.
    dir.write_file("a/victim", b"replaced")?;
    let victim = dir.open("a/victim", RDONLY)?;
    dir.rename("b/f", "a/victim")?;
    victim.read(64)?;
    victim.fstat()?;
    open.fstat()?;
    dir.read_file("a/victim")?;

    // Renaming one hard link over another does nothing.
    dir.link("a/victim", "a/twin")?;
    dir.rename("a/twin", "a/victim")?;
    if dir.removes_open_files() {
        dir.list("a")?;
    }
    dir.rename("a/twin", "a/twin")?;

    dir.symlink("a/twin", "symlink")?;
    dir.rename("symlink", "b/symlink")?;
    dir.readlink("b/symlink")?;
    dir.rename("a/twin", "b/symlink")?;
    dir.lstat("b/symlink")?;
    dir.rename("missing", "b/x").refused(Errno::NOENT)?;
    dir.rename("a/victim", "missing/x").refused(Errno::NOENT)?;
    Ok(())
}

fn directories(dir: &TestDir) -> Outcome {
    dir.mkdir("p", 0o755)?;
    dir.mkdir("p/q", 0o755)?;
    dir.write_file("p/q/f", b"inside")?;
    dir.mkdir("empty", 0o755)?;
    dir.mkdir("full", 0o755)?;
    dir.write_file("full/f", b"")?;
    dir.write_file("file", b"")?;

    dir.rename("p", "p/q/r").refused(Errno::INVAL)?;
    // Filesystems fail with ENOTEMPTY or with EEXIST.
    dir.rename("p", "full").compared();
    dir.rename("p", "file").refused(Errno::NOTDIR)?;
    dir.rename("file", "p").refused(Errno::ISDIR)?;
    dir.rename("p/q", "p").compared();
    dir.rename("p/.", "x").refused(Errno::BUSY)?;

    let inside = dir.open("p/q", RDONLY)?;
    dir.rename("p", "empty")?;
    dir.lstat("empty")?;
    dir.read_file("empty/q/f")?;
    dir.rename("empty/q", "moved")?;
    // The link counts of both parents change, and `..` leads to the new one.
    dir.lstat("empty")?;
    dir.lstat(".")?;
    dir.same_inode("moved/..", "full/..")?;
    dir.statat(&inside, "f", rustix::fs::AtFlags::empty())?;
    dir.statat(&inside, "../file", rustix::fs::AtFlags::empty())?;
    dir.list("moved")?;
    Ok(())
}

fn flags(dir: &TestDir) -> Outcome {
    if !dir.supports_rename_flags() {
        return Ok(());
    }
    dir.write_file("x", b"x")?;
    dir.write_file("y", b"y")?;
    dir.mkdir("dir", 0o755)?;
    dir.write_file("dir/f", b"")?;
    dir.rename_with("x", "y", RenameFlags::NOREPLACE)
        .refused(Errno::EXIST)?;
    dir.rename_with("x", "z", RenameFlags::NOREPLACE)?;
    dir.rename_with("z", "y", RenameFlags::EXCHANGE)?;
    dir.read_file("z")?;
    dir.read_file("y")?;
    dir.rename_with("z", "dir", RenameFlags::EXCHANGE)?;
    dir.list("z")?;
    dir.lstat(".")?;
    // What is open in two exchanged directories has moved with them.
    dir.mkdir("left", 0o755)?;
    dir.mkdir("left/inner", 0o755)?;
    dir.mkdir("dir of right", 0o755)?;
    dir.mkdir("dir of right/right", 0o755)?;
    dir.mkdir("dir of right/right/inner", 0o755)?;
    let open = [
        dir.open("left/inner", RDONLY)?,
        dir.open("dir of right/right/inner", RDONLY)?,
    ];
    dir.rename_with("left", "dir of right/right", RenameFlags::EXCHANGE)?;
    for file in &open {
        let path = rustix::fs::readlink(file.proc_path(), Vec::new())?;
        dir.record(
            "the path of an open directory",
            &dir.relative(path.as_bytes()),
        );
    }
    dir.rename_with("z/f", "dir", RenameFlags::EXCHANGE)?;
    dir.rename_with("y", "missing", RenameFlags::EXCHANGE)
        .refused(Errno::NOENT)?;
    dir.rename_with("z", "z/f", RenameFlags::EXCHANGE)
        .refused(Errno::INVAL)?;
    dir.rename_with("y", "dir", RenameFlags::EXCHANGE | RenameFlags::NOREPLACE)
        .refused(Errno::INVAL)?;
    dir.rename_with("y", "dir", RenameFlags::from_bits_retain(64))
        .refused(Errno::INVAL)?;

    // With a whiteout, the old name becomes a character device 0:0, where the lower filesystem
    // supports it.
    dir.write_file("covered", b"")?;
    dir.rename_with("covered", "uncovered", RenameFlags::WHITEOUT)
        .compared();
    dir.lstat("covered").compared();
    dir.list(".")?;
    Ok(())
}
