// SPDX-License-Identifier: GPL-2.0

//! Immutable and append-only files, made so below and enforced above.

use std::ffi::CString;

use rustix::fs::{ioctl_getflags, ioctl_setflags, FallocateFlags, IFlags, OFlags, XattrFlags};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};

use crate::case::{Case, Run};
use crate::ops::{last_errno, File, RDONLY, RDWR, WRONLY};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "immutable",
    about:
        "immutable, append-only and swap files of the lower filesystem are so above, for open files too",
    risk: "files that are protected from change (immutable, append-only) may be changed",
    run: Run::Compared(run),
};

const BOTH: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

fn run(dir: &TestDir) -> Outcome {
    dir.write_file("f", b"content")?;
    dir.mkdir("d", 0o755)?;
    dir.write_file("d/f", b"")?;
    dir.mkdir("d/e", 0o755)?;
    let open_before = dir.open("f", RDWR)?;
    for flags in [IFlags::IMMUTABLE, IFlags::APPEND, IFlags::empty()] {
        if mark(dir, "f", flags) == Err(Errno::OPNOTSUPP)
            || mark(dir, "f", flags) == Err(Errno::NOTTY)
        {
            dir.record("the lower filesystem has no such flags", &());
            return Ok(());
        }
        mark(dir, "d", flags)?;
        file(dir)?;
        open_before.pwrite(b"C", 0).compared();
        open_before.ftruncate(7).compared();
        directory(dir)?;
        mark(dir, "f", IFlags::empty())?;
        mark(dir, "d", IFlags::empty())?;
    }
    dir.read_file("f")?;
    dir.list("d")?;
    drop(open_before);
    unseen(dir)?;
    swap_file(dir)
}

/// A descriptor that was opened before the file got its flag, and nothing else, meets the flag at its
/// first use.
fn unseen(dir: &TestDir) -> Outcome {
    type Act = fn(&File) -> Result<(), Errno>;
    for flags in [IFlags::IMMUTABLE, IFlags::APPEND] {
        for (name, act) in [
            ("ftruncate", (|file| file.ftruncate(0)) as Act),
            ("longer", |file| file.ftruncate(100)),
            ("write", |file| file.pwrite(b"C", 0).map(drop)),
            ("mmap", |file| {
                file.mmap(7, BOTH, MapFlags::SHARED).map(drop)
            }),
            ("private", |file| {
                file.mmap(7, BOTH, MapFlags::PRIVATE).map(drop)
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
            mark(dir, name, flags)?;
            act(&file).compared();
            file.fstat()?;
            mark(dir, name, IFlags::empty())?;
            file.pread(100, 0)?;
        }
    }
    Ok(())
}

/// A file that the kernel swaps to can be neither written nor shortened nor removed, by a descriptor
/// that was opened before either.
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
    let swapping = match Swapping::on(dir) {
        Ok(swapping) => swapping,
        // The kernel or the lower filesystem has no swap files, or this process may not have one.
        Err(errno) => {
            let why = format!("swapon says {}", crate::show::errno_name(errno));
            crate::skipped::report("swap files", &why);
            return Ok(());
        }
    };
    file.ftruncate(0).compared();
    file.mmap(7, BOTH, MapFlags::SHARED).compared();
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
    drop(swapping);
    dir.unlink("swap")?;
    Ok(())
}

/// A file of the lower directory that the kernel swaps to until this goes out of scope.
struct Swapping(CString);

impl Swapping {
    fn on(dir: &TestDir) -> Result<Self, Errno> {
        let path = dir
            .below()
            .path("swap")
            .into_os_string()
            .into_encoded_bytes();
        let path = CString::new(path).expect("no name of a case holds a NUL");
        // SAFETY: The path is a NUL-terminated string that outlives the call.
        match unsafe { libc::swapon(path.as_ptr(), 0) } {
            0 => Ok(Self(path)),
            _ => Err(last_errno()),
        }
    }
}

impl Drop for Swapping {
    fn drop(&mut self) {
        // SAFETY: The path is a NUL-terminated string that outlives the call.
        if unsafe { libc::swapoff(self.0.as_ptr()) } != 0 {
            crate::skipped::report("the end of a swap file", "swapoff failed");
        }
    }
}

/// Sets the flags below, where every filesystem that has them takes them.
fn mark(dir: &TestDir, name: &str, flags: IFlags) -> Result<(), Errno> {
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
    let moment = rustix::fs::Timespec {
        tv_sec: 1_000_000_000,
        tv_nsec: 0,
    };
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
