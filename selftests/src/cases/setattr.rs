// SPDX-License-Identifier: GPL-2.0

//! Changing modes, owners and times.

use rustix::fs::{futimens, Timespec, Timestamps, XattrFlags, UTIME_NOW, UTIME_OMIT};
use rustix::io::Errno;

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::{RDONLY, RDWR};
use crate::world::{World, ALICE};

pub(super) const CASE: Case = Case {
    name: "setattr",
    about: "change modes, owners and times; set-id bits that are lost on the way",
    risk: "files may lie open to the wrong users, or run with rights that were taken away",
    run: Run::Compared(run),
};

const LONG_AGO: Timespec = at(1_000_000_000, 123_456_789);
const OMIT: Timespec = at(0, UTIME_OMIT);
const NOW: Timespec = at(0, UTIME_NOW);

const fn at(seconds: i64, nanoseconds: i64) -> Timespec {
    Timespec {
        tv_sec: seconds,
        tv_nsec: nanoseconds as _,
    }
}

fn run(w: &World) -> Outcome {
    w.write_file("f", b"content")?;
    w.mkdir("d", 0o755)?;
    w.symlink("f", "s")?;
    modes(w)?;
    owners(w)?;
    times(w)?;
    set_id_bits(w)
}

fn modes(w: &World) -> Outcome {
    for mode in [0o000, 0o644, 0o777, 0o1755, 0o2755, 0o4755, 0o7777] {
        w.stamped("chmod", "f", || w.chmod("f", mode))?;
        w.lstat("f")?;
        w.chmod("d", mode)?;
        w.lstat("d")?;
    }
    let open = w.open("f", RDONLY)?;
    open.fchmod(0o600)?;
    open.fstat()?;
    w.chmod("s", 0o640)?;
    w.lstat("s")?;
    w.lstat("f")?;
    w.chmod("missing", 0o644).refused(Errno::NOENT)?;
    Ok(())
}

fn owners(w: &World) -> Outcome {
    w.stamped("chown", "f", || w.lchown("f", Some(1_234), Some(2_345)))?;
    w.lstat("f")?;
    w.lchown("f", Some(7), None)?;
    w.lchown("f", None, Some(8))?;
    w.lstat("f")?;
    w.stamped("chown to nobody", "f", || w.lchown("f", None, None))?;
    w.open("f", RDWR)?.fchown(Some(100_000), Some(200_000))?;
    w.lstat("f")?;
    w.lchown("s", Some(3), Some(4))?;
    w.lstat("s")?;
    w.lchown("d", Some(5), Some(6))?;
    w.lstat("d")?;
    Ok(())
}

fn times(w: &World) -> Outcome {
    w.stamped("both times set", "f", || {
        w.utimens("f", LONG_AGO, at(1_100_000_000, 1))
    })?;
    w.stamped("the access time set", "f", || {
        w.utimens("f", at(1_000_000_001, 0), OMIT)
    })?;
    w.stamped("the modification time set", "f", || {
        w.utimens("f", OMIT, at(1_000_000_002, 999_999_999))
    })?;
    w.stamped("both omitted", "f", || w.utimens("f", OMIT, OMIT))?;
    w.stamped("the access time now", "f", || w.utimens("f", NOW, OMIT))?;
    w.stamped("both now", "f", || w.utimens("f", NOW, NOW))?;
    let open = w.open("f", RDONLY)?;
    w.stamped("both set by descriptor", "f", || {
        let times = Timestamps {
            last_access: at(1_000_000_007, 7),
            last_modification: NOW,
        };
        w.step("futimens f", || futimens(&open, &times))
    })?;
    w.utimens("f", at(0, 1_000_000_000), OMIT)
        .refused(Errno::INVAL)?;
    // Before 1970, and after the 32 bits: what the lower filesystem can hold decides. The survey
    // compares the rest.
    w.utimens("f", at(-1, 0), at(-86_400, 5))?;
    w.utimens("d", LONG_AGO, LONG_AGO)?;
    w.utimens("s", LONG_AGO, LONG_AGO)?;
    Ok(())
}

fn set_id_bits(w: &World) -> Outcome {
    // A write by somebody without the capability takes the bits away; so do truncation and a change
    // of owner.
    let bits = |name: &str, what: &str, act: &dyn Fn(&str) -> Result<(), Errno>| -> Outcome {
        w.write_file(name, b"program")?;
        w.lchown(name, Some(ALICE.uid), Some(ALICE.gid))?;
        w.chmod(name, 0o6777)?;
        w.note(what, &());
        act(name)?;
        w.lstat(name)?;
        Ok(())
    };
    bits("write", "write by its owner", &|name| {
        w.as_user(ALICE, || w.open(name, RDWR)?.write(b"changed").map(|_| ()))
    })?;
    bits("truncate", "truncate by its owner", &|name| {
        w.as_user(ALICE, || w.truncate(name, 2))
    })?;
    bits("root-write", "write by root", &|name| {
        w.open(name, RDWR)?.write(b"changed").map(|_| ())
    })?;
    bits("chown", "chown by root", &|name| {
        w.lchown(name, Some(1), Some(1))
    })?;
    bits(
        "foreign-group",
        "chmod to setgid by an owner outside the group",
        &|name| {
            w.lchown(name, None, Some(1))?;
            w.as_user(ALICE, || w.chmod(name, 0o2755))
        },
    )?;

    // File capabilities go the same way: cap_net_bind_service, permitted and effective.
    let mut capabilities = [0; 20];
    capabilities[..8].copy_from_slice(&[1, 0, 0, 2, 0, 4, 0, 0]);
    for name in ["write", "root-write"] {
        w.setxattr(
            name,
            "security.capability",
            &capabilities,
            XattrFlags::empty(),
        )?;
    }
    w.getxattr("write", "security.capability", 20)?;
    w.as_user(ALICE, || w.open("write", RDWR)?.write(b"c").map(|_| ()))?;
    w.lchown("root-write", Some(2), None)?;
    for name in ["write", "root-write"] {
        w.getxattr(name, "security.capability", 20)
            .refused(Errno::NODATA)?;
    }

    w.as_user(ALICE, || {
        w.chmod("f", 0o777).either();
        w.lchown("write", Some(0), None).either();
        w.lchown("write", None, Some(0)).either();
        w.lchown("write", None, Some(ALICE.gid)).either();
        w.utimens("f", NOW, NOW).either();
        w.utimens("write", NOW, LONG_AGO).either();
        Ok(())
    })?;
    w.lstat("write")?;
    Ok(())
}
