// SPDX-License-Identifier: GPL-2.0

//! Immutable, append-only and swap files of the lower filesystem. The layer enforces the same
//! rules.

use std::ffi::CString;

use rustix::fs::{ioctl_getflags, ioctl_setflags, FallocateFlags, IFlags, OFlags, XattrFlags};
use rustix::io::{Errno, ReadWriteFlags};
use rustix::mm::MapFlags;

use crate::case::{Case, Run};
use crate::ops::{last_errno, seconds, File, RDONLY, RDWR, READ_WRITE, WRONLY};
use crate::outcome::{Expect, Outcome};
use crate::show::errno_name;
use crate::skipped;
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "immutable",
    about:
        "immutable, append-only and swap files of the lower filesystem cannot be changed above, even if open",
    risk: "files that are protected from change (immutable, append-only) may be changed",
    run: Run::Compared(run),
};

/// RWF_NOAPPEND.
const NOAPPEND: ReadWriteFlags = ReadWriteFlags::from_bits_retain(0x20);

fn run(dir: &TestDir) -> Outcome {
    dir.write_file("f", b"content")?;
    dir.mkdir("d", 0o755)?;
    dir.write_file("d/f", b"")?;
    dir.mkdir("d/e", 0o755)?;
    let open_before = dir.open("f", RDWR)?;
    for flags in [IFlags::IMMUTABLE, IFlags::APPEND, IFlags::empty()] {
        if set_inode_flags(dir, "f", flags) == Err(Errno::OPNOTSUPP)
            || set_inode_flags(dir, "f", flags) == Err(Errno::NOTTY)
        {
            let why = "the lower filesystem has none";
            skipped::report("the flags of chattr(1)", why);
            return Ok(());
        }
        set_inode_flags(dir, "d", flags)?;
        file(dir)?;
        open_before.pwrite(b"C", 0).compared();
        open_before.ftruncate(7).compared();
        directory(dir)?;
        set_inode_flags(dir, "f", IFlags::empty())?;
        set_inode_flags(dir, "d", IFlags::empty())?;
    }
    dir.read_file("f")?;
    dir.list("d")?;
    drop(open_before);
    flag_set_after_open(dir)?;
    swap_file(dir)
}

/// The flag is set below after the file was opened above. The first operation on the descriptor has
/// to notice it, although nothing has looked the file up since.
fn flag_set_after_open(dir: &TestDir) -> Outcome {
    type FileOperation = fn(&File) -> Result<(), Errno>;
    for flags in [IFlags::IMMUTABLE, IFlags::APPEND] {
        for (name, operation) in [
            ("ftruncate", (|file| file.ftruncate(0)) as FileOperation),
            ("longer", |file| file.ftruncate(100)),
            ("write", |file| file.pwrite(b"C", 0).map(drop)),
            ("mmap", |file| {
                file.mmap(7, READ_WRITE, MapFlags::SHARED).map(drop)
            }),
            ("private", |file| {
                file.mmap(7, READ_WRITE, MapFlags::PRIVATE).map(drop)
            }),
            ("fchmod", |file| file.fchmod(0o600)),
            ("fchown", |file| file.fchown(Some(1), None)),
            ("fallocate", |file| {
                let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
                file.fallocate(hole, 0, 4_096)
            }),
        ] {
            dir.write_file(name, b"content")?;
            let file = dir.open(name, RDWR)?;
            set_inode_flags(dir, name, flags)?;
            operation(&file).compared();
            file.fstat()?;
            set_inode_flags(dir, name, IFlags::empty())?;
            file.pread(100, 0)?;
        }
    }
    dir.write_file("log", b"content")?;
    let log = dir.open("log", WRONLY | OFlags::APPEND)?;
    set_inode_flags(dir, "log", IFlags::APPEND)?;
    log.pwritev2(&[b"C"], 0, NOAPPEND).compared();
    set_inode_flags(dir, "log", IFlags::empty())?;
    dir.read_file("log")?;
    Ok(())
}

/// An active swap file cannot be written, truncated, renamed or removed, not even by a descriptor
/// that was opened before.
fn swap_file(dir: &TestDir) -> Outcome {
    const PAGES: usize = 10;
    let page = rustix::param::page_size();
    let mut content = vec![0; PAGES * page];
    // A header as mkswap writes it: version 1, the last page, no bad ones.
    content[1_024..1_028].copy_from_slice(&1_u32.to_ne_bytes());
    content[1_028..1_032].copy_from_slice(&(PAGES as u32 - 1).to_ne_bytes());
    content[page - 10..page].copy_from_slice(b"SWAPSPACE2");
    dir.write_file("swap", &content)?;
    dir.chmod("swap", 0o600)?;
    let file = dir.open("swap", RDWR)?;
    file.fsync()?;
    let swap = match ActiveSwap::activate(dir) {
        Ok(swap) => swap,
        // The kernel or the lower filesystem does not support swap files, or this process may not
        // use them.
        Err(errno) => {
            let why = format!("swapon fails with {}", errno_name(errno));
            skipped::report("swap files", &why);
            return Ok(());
        }
    };
    file.ftruncate(0).compared();
    file.mmap(7, READ_WRITE, MapFlags::SHARED).compared();
    file.pwrite(b"C", 0).compared();
    file.fallocate(
        FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE,
        0,
        4_096,
    )
    .compared();
    dir.truncate("swap", 0).compared();
    dir.open("swap", RDWR)
        .and_then(|file| file.write(b"C"))
        .compared();
    dir.rename("swap", "swap-2").compared();
    dir.rename("swap-2", "swap").compared();
    dir.unlink("swap").compared();
    drop(swap);
    dir.unlink("swap")?;
    Ok(())
}

/// The active swap file "swap" of the lower directory. Dropping this deactivates it.
struct ActiveSwap(CString);

impl ActiveSwap {
    fn activate(dir: &TestDir) -> Result<Self, Errno> {
        let path = dir.below().c_path("swap");
        // SAFETY: The path is a C string that lives until after the call.
        match unsafe { libc::swapon(path.as_ptr(), 0) } {
            0 => Ok(Self(path)),
            _ => Err(last_errno()),
        }
    }
}

impl Drop for ActiveSwap {
    fn drop(&mut self) {
        // SAFETY: The path is a C string that lives until after the call.
        if unsafe { libc::swapoff(self.0.as_ptr()) } != 0 {
            skipped::report("the end of a swap file", "swapoff failed");
        }
    }
}

/// Sets inode flags in the lower directory.
fn set_inode_flags(dir: &TestDir, name: &str, flags: IFlags) -> Result<(), Errno> {
    let below = dir.below();
    let file = below.open(name, RDONLY)?;
    below.step(format!("FS_IOC_SETFLAGS {name} {flags:?}"), || {
        let others = ioctl_getflags(&file)? - (IFlags::IMMUTABLE | IFlags::APPEND);
        ioctl_setflags(&file, others | flags)
    })
}

fn file(dir: &TestDir) -> Outcome {
    dir.read_file("f")?;
    for flags in [
        WRONLY,
        RDWR,
        WRONLY | OFlags::APPEND,
        WRONLY | OFlags::TRUNC,
        WRONLY | OFlags::APPEND | OFlags::TRUNC,
    ] {
        dir.open("f", flags).compared();
    }
    dir.open("f", WRONLY | OFlags::APPEND)
        .and_then(|file| file.write(b"+"))
        .compared();
    dir.open("f", WRONLY | OFlags::APPEND)
        .and_then(|file| file.set_flags(OFlags::empty()))
        .compared();
    dir.truncate("f", 1).compared();
    dir.chmod("f", 0o600).compared();
    dir.lchown("f", Some(1), None).compared();
    let moment = seconds(1_000_000_000);
    dir.utimens("f", moment, moment).compared();
    dir.setxattr("f", "trusted.x", b"", XattrFlags::empty())
        .compared();
    dir.link("f", "g").compared();
    dir.unlink("g").compared();
    dir.rename("f", "h").compared();
    dir.rename("h", "f").compared();
    dir.read_file("f")?;
    dir.lstat("f")?;
    Ok(())
}

fn directory(dir: &TestDir) -> Outcome {
    dir.list("d")?;
    dir.write_file("d/new", b"").compared();
    dir.mkdir("d/new directory", 0o755).compared();
    dir.symlink("x", "d/new symlink").compared();
    dir.link("f", "d/new link").compared();
    dir.open("d", OFlags::TMPFILE | RDWR).compared();
    dir.open("d/f", RDWR)
        .and_then(|file| file.write(b"inside"))
        .compared();
    dir.rename("d/f", "d/g").compared();
    dir.rename("d/g", "d/f").compared();
    for name in ["d/new", "d/new symlink", "d/new link"] {
        dir.unlink(name).compared();
    }
    dir.rmdir("d/new directory").compared();
    dir.rmdir("d/e").compared();
    dir.mkdir("d/e", 0o755).compared();
    dir.chmod("d", 0o711).compared();
    dir.chmod("d", 0o755).compared();
    dir.lstat("d")?;
    dir.list("d")?;
    Ok(())
}
