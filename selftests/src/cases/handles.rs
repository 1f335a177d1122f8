// SPDX-License-Identifier: GPL-2.0

//! File handles: a file is found by its handle, wherever it is now.

use rustix::fs::{readlink, FileType, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{FileHandle, RDONLY, RDWR};
use crate::outcome::{Expect, Outcome};
use crate::skipped;
use crate::test_dir::{TestDir, ALICE};

pub(super) const CASE: Case = Case {
    name: "handles",
    about: "a file handle leads to its file after renames, above and below, and after the caches were dropped; wrong handles are refused",
    risk: "NFS clients may read or change another file than the one they opened, or lose their files",
    run: Run::Compared(run),
};

/// Asks for a handle that need not lead back to the file (`AT_HANDLE_FID`).
const FID: i32 = 0x200;
/// Asks for a handle that also names the directory (`AT_HANDLE_CONNECTABLE`).
const CONNECTABLE: i32 = 0x2;

fn run(dir: &TestDir) -> Outcome {
    dir.mkdir("d", 0o755)?;
    dir.mkdir("d/e", 0o755)?;
    dir.write_file("d/f", b"content")?;
    dir.write_file("d/e/g", b"below e")?;
    dir.symlink("target", "s")?;
    dir.mknod("p", FileType::Fifo, 0o600, 0)?;
    for name in ["", "d", "d/e", "d/f", "s", "p"] {
        dir.handle(name, FID).compared();
        dir.handle(name, CONNECTABLE).compared();
    }
    if dir.handle("d/f", 0) == Err(Errno::OPNOTSUPP) {
        skipped::report("file handles", "the lower filesystem has none");
        return Ok(());
    }
    encoding(dir)?;
    kinds(dir)?;
    directories_in_handles(dir)?;
    renames(dir)?;
    removals(dir)?;
    wrong(dir)
}

/// What a handle says, and how much room it needs.
fn encoding(dir: &TestDir) -> Outcome {
    let file = dir.handle("d/f", 0)?;
    dir.link("d/f", "d/e/link")?;
    let link = dir.handle("d/e/link", 0)?;
    dir.record("both names have one handle", &(file == link));
    dir.unlink("d/e/link")?;
    let other = dir.handle("d/e/g", 0)?;
    dir.record("two files have one handle", &(file == other));
    let below = dir.below().handle("d/f", 0)?;
    dir.record("the file below has this handle", &(file == below));
    for room in [0, 4] {
        let (result, needed) = FileHandle::of(&dir.c_path("d/f"), 0, room);
        dir.record(format!("into {room} bytes"), &result.map(|_| ()));
        dir.record("bytes needed", &needed);
    }
    Ok(())
}

/// Each kind of file can be opened by its handle, and is the file of that name.
fn kinds(dir: &TestDir) -> Outcome {
    let file = dir.open_handle("f", &dir.handle("d/f", 0)?, RDWR)?;
    file.read(10)?;
    file.pwrite(b"C", 0)?;
    file.fchmod(0o640)?;
    file.fstat()?;
    file.close()?;
    dir.lstat("d/f")?;
    dir.read_file("d/f")?;
    for (name, what) in [("", "the root"), ("d", "d"), ("d/e", "e")] {
        let handle = dir.handle(name, 0)?;
        open_directory(dir, what, &handle)?;
    }
    for (name, what) in [("s", "s"), ("p", "p")] {
        let handle = dir.handle(name, 0)?;
        dir.open_handle(what, &handle, OFlags::PATH)?.fstat()?;
    }
    let link = dir.handle("s", 0)?;
    dir.open_handle("s", &link, RDONLY).refused(Errno::LOOP)?;
    let file = dir.handle("d/f", 0)?;
    let directory = OFlags::RDONLY | OFlags::DIRECTORY;
    dir.open_handle("f", &file, directory).compared();
    Ok(())
}

/// A handle that also names the directory.
fn directories_in_handles(dir: &TestDir) -> Outcome {
    let Ok(handle) = dir.handle("d/f", CONNECTABLE) else {
        return Ok(());
    };
    drop_caches(dir);
    dir.open_handle("f", &handle, RDONLY)?.read(10)?;
    drop_caches(dir);
    dir.open_handle_from("d/e", "f", &handle, RDONLY)
        .refused(Errno::STALE)?;
    drop_caches(dir);
    let file = dir.open_handle_from("d", "f", &handle, RDONLY)?;
    record_path(dir, &file);
    file.read(10)?;
    Ok(())
}

/// Renames change no handle.
fn renames(dir: &TestDir) -> Outcome {
    let handles = [
        dir.handle("d/f", 0)?,
        dir.handle("d/e/g", 0)?,
        dir.handle("d", 0)?,
        dir.handle("d/e", 0)?,
    ];
    let below = dir.below();
    let open_all = |stage: &str| -> Outcome {
        dir.record("stage", &stage);
        dir.open_handle("f", &handles[0], RDONLY)?.read(10)?;
        dir.open_handle("g", &handles[1], RDONLY)?.read(10)?;
        open_directory(dir, "d", &handles[2])?;
        open_directory(dir, "e", &handles[3])
    };
    for is_cached in [true, false] {
        let step = |stage: &str| {
            if !is_cached {
                drop_caches(dir);
            }
            open_all(stage)
        };
        step("as made")?;
        dir.rename("d/f", "d/e/f")?;
        step("a file renamed above")?;
        below.rename("d/e/f", "f")?;
        step("a file renamed below")?;
        dir.rename("d", "dd")?;
        step("a directory renamed above")?;
        below.mkdir("x", 0o755)?;
        below.rename("dd", "x/d")?;
        step("a directory moved below")?;
        below.rename("x/d/e", "e")?;
        step("a directory moved out below")?;
        below.rename("x", "e/x")?;
        step("a directory moved below into the one that it contained")?;
        // Other directories get the old names.
        below.mkdir("d", 0o755)?;
        below.mkdir("d/e", 0o755)?;
        below.write_file("d/e/g", b"another")?;
        step("directories replaced")?;
        below.unlink("d/e/g")?;
        below.rmdir("d/e")?;
        below.rmdir("d")?;
        dir.rename("e/x/d", "d")?;
        dir.rename("e", "d/e")?;
        dir.rmdir("d/e/x")?;
        dir.rename("f", "d/f")?;
        step("as before")?;
    }
    if !dir.supports_rename_flags() {
        return Ok(());
    }
    dir.rename_with("d/f", "d/e/g", RenameFlags::EXCHANGE)?;
    open_all("exchanged above")?;
    below.rename_with("d/f", "d/e/g", RenameFlags::EXCHANGE)?;
    open_all("exchanged below")
}

/// A removed file has no handle as soon as nobody has it open.
fn removals(dir: &TestDir) -> Outcome {
    dir.write_file("d/removed", b"removed")?;
    dir.mkdir("d/emptied", 0o755)?;
    let file = dir.handle("d/removed", 0)?;
    let directory = dir.handle("d/emptied", 0)?;
    let held = dir.open("d/removed", RDWR)?;
    let held_directory = dir.open("d/emptied", RDONLY)?;
    dir.unlink("d/removed")?;
    dir.rmdir("d/emptied")?;
    if let Ok(again) = dir.open_handle("removed", &file, RDONLY) {
        again.read(10)?;
        again.fstat()?;
        if dir.removes_open_files() {
            // It still has the place that it had.
            dir.step("the path of removed", || {
                let path = readlink(again.proc_path(), Vec::new())?;
                Ok(dir.relative(path.as_bytes()))
            })?;
        }
    }
    if dir.finds_removed_directories() {
        if let Ok(again) = dir.open_handle("emptied", &directory, RDONLY) {
            again.fstat()?;
            again.rest_of_directory(4_096).compared();
        }
    }
    held.close()?;
    held_directory.close()?;
    expect_stale(dir, "removed", &file)?;
    expect_stale(dir, "emptied", &directory)?;

    dir.write_file("d/removed", b"another")?;
    expect_stale(dir, "removed", &file)?;
    let replaced = dir.handle("d/removed", 0)?;
    dir.write_file("d/new", b"new")?;
    dir.rename("d/new", "d/removed")?;
    expect_stale(dir, "replaced", &replaced)
}

/// Handles that no filesystem wrote.
fn wrong(dir: &TestDir) -> Outcome {
    for (name, what) in [("d/f", "f"), ("d/e", "e")] {
        let handle = dir.handle(name, 0)?;
        let open = |what: String, handle: &FileHandle| dir.open_handle(&what, handle, RDONLY);
        open(format!("{what} of no bytes"), &handle.truncated(0)).refused(Errno::INVAL)?;
        for length in (4..handle.length()).step_by(4) {
            open(
                format!("{what} of {length} bytes"),
                &handle.truncated(length),
            )
            .compared();
        }
        for kind in [0, 0x01, 0x02, 0x4d, 0x81, 0xfe, 0xff, 0x1_00, -1] {
            open(format!("{what} as type {kind}"), &handle.of_kind(kind)).compared();
        }
        for (byte, name) in [(0x00, "zeros"), (0xff, "ones")] {
            let forged = handle.forged(|bytes| bytes.fill(byte));
            open(format!("{what} all {name}"), &forged).refused(Errno::STALE)?;
        }
        dir.as_user(ALICE, || {
            open(format!("{what} as a user"), &handle).compared();
            Ok(())
        })?;
    }
    Ok(())
}

/// Opens a directory by its handle, and looks into it.
fn open_directory(dir: &TestDir, what: &str, handle: &FileHandle) -> Outcome {
    let directory = dir.open_handle(what, handle, OFlags::RDONLY | OFlags::DIRECTORY)?;
    record_path(dir, &directory);
    let names = directory.rest_of_directory(4_096)?;
    drop(names);
    dir.statat(&directory, ".", rustix::fs::AtFlags::empty())?;
    dir.statat(&directory, "..", rustix::fs::AtFlags::empty())?;
    Ok(())
}

/// Records the path of an open file, as /proc shows it.
fn record_path(dir: &TestDir, file: &crate::ops::File) {
    let path = rustix::fs::readlink(file.proc_path(), Vec::new());
    let shown = path.map(|path| dir.relative(path.as_bytes()));
    dir.record(format!("the path of {}", file.name()), &shown);
}

/// Memory reclaim may hold the last reference to a file for a moment.
fn expect_stale(dir: &TestDir, what: &str, handle: &FileHandle) -> Outcome {
    dir.eventually(format!("{what} is gone"), || {
        let mount = rustix::fs::open(dir.path(""), RDONLY, rustix::fs::Mode::empty())?;
        handle.open(&mount, RDONLY).map(|_| ())
    })
    .refused(Errno::STALE)
}

/// 2 drops dentries and inodes, not pages. In a container /proc/sys may be read-only.
fn drop_caches(dir: &TestDir) {
    let dropped = std::fs::write("/proc/sys/vm/drop_caches", "2").is_ok();
    dir.record("caches dropped", &dropped);
}
