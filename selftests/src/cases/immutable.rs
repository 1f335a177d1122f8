// SPDX-License-Identifier: GPL-2.0

//! Immutable and append-only files, made so below and enforced above.

use rustix::fs::{ioctl_getflags, ioctl_setflags, IFlags, OFlags, XattrFlags};
use rustix::io::Errno;

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::{RDONLY, RDWR, WRONLY};
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "immutable",
    about:
        "immutable and append-only files and directories of the lower filesystem are enforced above",
    risk: "files that are protected from change (immutable, append-only) may be changed",
    run: Run::Compared(run),
};

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
    Ok(())
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
