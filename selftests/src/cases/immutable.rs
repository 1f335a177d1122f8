// SPDX-License-Identifier: GPL-2.0

//! Immutable and append-only files, made so below and enforced above.

use std::ffi::CString;

use rustix::fs::{ioctl_getflags, ioctl_setflags, FallocateFlags, IFlags, OFlags, XattrFlags};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::{last_errno, File, RDONLY, RDWR, WRONLY};
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "immutable",
    about:
        "immutable, append-only and swap files of the lower filesystem are so above, for open files too",
    risk: "files that are protected from change (immutable, append-only) may be changed",
    run: Run::Compared(run),
};

const BOTH: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

fn run(w: &World) -> Outcome {
    w.write_file("f", b"content")?;
    w.mkdir("d", 0o755)?;
    w.write_file("d/f", b"")?;
    w.mkdir("d/e", 0o755)?;
    let open_before = w.open("f", RDWR)?;
    for flags in [IFlags::IMMUTABLE, IFlags::APPEND, IFlags::empty()] {
        if mark(w, "f", flags) == Err(Errno::OPNOTSUPP) || mark(w, "f", flags) == Err(Errno::NOTTY)
        {
            w.note("the lower filesystem has no such flags", &());
            return Ok(());
        }
        mark(w, "d", flags)?;
        file(w)?;
        open_before.pwrite(b"C", 0).either();
        open_before.ftruncate(7).either();
        directory(w)?;
        mark(w, "f", IFlags::empty())?;
        mark(w, "d", IFlags::empty())?;
    }
    w.read_file("f")?;
    w.list("d")?;
    drop(open_before);
    unseen(w)?;
    swap_file(w)
}

/// A descriptor that was opened before the file got its flag, and nothing else, meets the flag at its
/// first use.
fn unseen(w: &World) -> Outcome {
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
            w.write_file(name, b"content")?;
            let file = w.open(name, RDWR)?;
            mark(w, name, flags)?;
            act(&file).either();
            file.fstat()?;
            mark(w, name, IFlags::empty())?;
            file.pread(100, 0)?;
        }
    }
    Ok(())
}

/// A file that the kernel swaps to can be neither written nor shortened nor removed, by a descriptor
/// that was opened before either.
fn swap_file(w: &World) -> Outcome {
    const PAGES: usize = 10;
    let page = rustix::param::page_size();
    let mut content = vec![0; PAGES * page];
    // A header as mkswap writes it: version 1, the last page, no bad ones.
    content[1_024..1_028].copy_from_slice(&1_u32.to_ne_bytes());
    content[1_028..1_032].copy_from_slice(&(PAGES as u32 - 1).to_ne_bytes());
    content[page - 10..page].copy_from_slice(b"SWAPSPACE2");
    w.write_file("swap", &content)?;
    w.chmod("swap", 0o600)?;
    let file = w.open("swap", RDWR)?;
    file.fsync()?;
    let swapping = match Swapping::on(w) {
        Ok(swapping) => swapping,
        // The kernel or the lower filesystem has no swap files, or this process may not have one.
        Err(errno) => {
            let why = format!("swapon says {}", crate::show::errno_name(errno));
            crate::remark::left_out("swap files", &why);
            return Ok(());
        }
    };
    file.ftruncate(0).either();
    file.mmap(7, BOTH, MapFlags::SHARED).either();
    file.pwrite(b"C", 0).either();
    file.fallocate(
        FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE,
        0,
        4_096,
    )
    .either();
    w.truncate("swap", 0).either();
    w.open("swap", RDWR)
        .and_then(|file| file.write(b"C"))
        .either();
    w.rename("swap", "swap-2").either();
    w.rename("swap-2", "swap").either();
    w.unlink("swap").either();
    drop(swapping);
    w.unlink("swap")?;
    Ok(())
}

/// A file of the lower directory that the kernel swaps to until this goes out of scope.
struct Swapping(CString);

impl Swapping {
    fn on(w: &World) -> Result<Self, Errno> {
        let path = w.below().path("swap").into_os_string().into_encoded_bytes();
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
            crate::remark::left_out("the end of a swap file", "swapoff failed");
        }
    }
}

/// Sets the flags below, where every filesystem that has them takes them.
fn mark(w: &World, name: &str, flags: IFlags) -> Result<(), Errno> {
    let below = w.below();
    let file = below.open(name, RDONLY)?;
    below.step(format!("FS_IOC_SETFLAGS {name} {flags:?}"), || {
        let others = ioctl_getflags(&file)? - (IFlags::IMMUTABLE | IFlags::APPEND);
        ioctl_setflags(&file, others | flags)
    })
}

fn file(w: &World) -> Outcome {
    w.read_file("f")?;
    for flags in [
        WRONLY,
        RDWR,
        WRONLY | OFlags::APPEND,
        WRONLY | OFlags::TRUNC,
        WRONLY | OFlags::APPEND | OFlags::TRUNC,
    ] {
        w.open("f", flags).either();
    }
    w.open("f", WRONLY | OFlags::APPEND)
        .and_then(|file| file.write(b"+"))
        .either();
    w.open("f", WRONLY | OFlags::APPEND)
        .and_then(|file| file.set_flags(OFlags::empty()))
        .either();
    w.truncate("f", 1).either();
    w.chmod("f", 0o600).either();
    w.lchown("f", Some(1), None).either();
    let moment = rustix::fs::Timespec {
        tv_sec: 1_000_000_000,
        tv_nsec: 0,
    };
    w.utimens("f", moment, moment).either();
    w.setxattr("f", "trusted.x", b"", XattrFlags::empty())
        .either();
    w.link("f", "g").either();
    w.unlink("g").either();
    w.rename("f", "h").either();
    w.rename("h", "f").either();
    w.read_file("f")?;
    w.lstat("f")?;
    Ok(())
}

fn directory(w: &World) -> Outcome {
    w.list("d")?;
    w.write_file("d/new", b"").either();
    w.mkdir("d/new directory", 0o755).either();
    w.symlink("x", "d/new symlink").either();
    w.link("f", "d/new link").either();
    w.open("d", OFlags::TMPFILE | RDWR).either();
    w.open("d/f", RDWR)
        .and_then(|file| file.write(b"inside"))
        .either();
    w.rename("d/f", "d/g").either();
    w.rename("d/g", "d/f").either();
    for name in ["d/new", "d/new symlink", "d/new link"] {
        w.unlink(name).either();
    }
    w.rmdir("d/new directory").either();
    w.rmdir("d/e").either();
    w.mkdir("d/e", 0o755).either();
    w.chmod("d", 0o711).either();
    w.chmod("d", 0o755).either();
    w.lstat("d")?;
    w.list("d")?;
    Ok(())
}
