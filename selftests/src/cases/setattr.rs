// SPDX-License-Identifier: GPL-2.0

//! Changing modes, owners and times.

use rustix::fs::{futimens, Timespec, Timestamps, XattrFlags, UTIME_NOW, UTIME_OMIT};
use rustix::io::Errno;

use super::file_capabilities::value as capability;
use crate::case::{Case, Run};
use crate::child::CAPABILITY;
use crate::ops::{RDONLY, RDWR};
use crate::outcome::{Expect, Outcome};
use crate::skipped;
use crate::test_dir::{TestDir, ALICE};

pub(super) const CASE: Case = Case {
    name: "setattr",
    about: "change modes, owners and times; set-id bits and capabilities that a change removes",
    risk: "files may be accessible to the wrong users, or run with rights that were removed",
    run: Run::Compared(run),
};

const LONG_AGO: Timespec = at(1_000_000_000, 123_456_789);
/// A time in 2096.
const FAR_AHEAD: Timespec = at(4_000_000_000, 0);
const OMIT: Timespec = at(0, UTIME_OMIT);
const NOW: Timespec = at(0, UTIME_NOW);

const fn at(seconds: i64, nanoseconds: i64) -> Timespec {
    Timespec {
        tv_sec: seconds,
        tv_nsec: nanoseconds as _,
    }
}

fn run(dir: &TestDir) -> Outcome {
    dir.write_file("f", b"content")?;
    dir.mkdir("d", 0o755)?;
    dir.symlink("f", "s")?;
    modes(dir)?;
    owners(dir)?;
    times(dir)?;
    set_id_bits(dir)?;
    capabilities(dir)?;
    by_another_user(dir)
}

fn modes(dir: &TestDir) -> Outcome {
    for mode in [0o000, 0o644, 0o777, 0o1755, 0o2755, 0o4755, 0o7777] {
        dir.record_times("chmod", "f", || dir.chmod("f", mode))?;
        dir.lstat("f")?;
        dir.chmod("d", mode)?;
        dir.lstat("d")?;
    }
    let open = dir.open("f", RDONLY)?;
    open.fchmod(0o600)?;
    open.fstat()?;
    // Another owner takes away the set-id bits that the file got by the same descriptor.
    open.fchmod(0o6755)?;
    open.fchown(Some(1), None)?;
    open.fstat()?;
    open.fchown(Some(0), None)?;
    dir.chmod("s", 0o640)?;
    dir.lstat("s")?;
    dir.lstat("f")?;
    dir.chmod("missing", 0o644).refused(Errno::NOENT)?;
    Ok(())
}

fn owners(dir: &TestDir) -> Outcome {
    dir.record_times("chown", "f", || dir.lchown("f", Some(1_234), Some(2_345)))?;
    dir.lstat("f")?;
    dir.lchown("f", Some(7), None)?;
    dir.lchown("f", None, Some(8))?;
    dir.lstat("f")?;
    dir.record_times("chown to nobody", "f", || dir.lchown("f", None, None))?;
    dir.open("f", RDWR)?.fchown(Some(100_000), Some(200_000))?;
    dir.lstat("f")?;
    dir.lchown("s", Some(3), Some(4))?;
    dir.lstat("s")?;
    dir.lchown("d", Some(5), Some(6))?;
    dir.lstat("d")?;
    Ok(())
}

fn times(dir: &TestDir) -> Outcome {
    dir.record_times("both times set", "f", || {
        dir.utimens("f", LONG_AGO, at(1_100_000_000, 1))
    })?;
    dir.record_times("the access time set", "f", || {
        dir.utimens("f", at(1_000_000_001, 0), OMIT)
    })?;
    dir.record_times("the modification time set", "f", || {
        dir.utimens("f", OMIT, at(1_000_000_002, 999_999_999))
    })?;
    dir.record_times("both omitted", "f", || dir.utimens("f", OMIT, OMIT))?;
    dir.record_times("the access time now", "f", || dir.utimens("f", NOW, OMIT))?;
    dir.record_times("both now", "f", || dir.utimens("f", NOW, NOW))?;
    let open = dir.open("f", RDONLY)?;
    dir.record_times("both set by descriptor", "f", || {
        let times = Timestamps {
            last_access: at(1_000_000_007, 7),
            last_modification: NOW,
        };
        dir.step("futimens f", || futimens(&open, &times))
    })?;
    dir.utimens("f", at(0, 1_000_000_000), OMIT)
        .refused(Errno::INVAL)?;
    // Times before 1970, where the lower filesystem can store them. The comparison of the trees
    // that are left covers the values.
    dir.utimens("f", at(-1, 0), at(-86_400, 5))?;
    // The comparison of the trees lists the directory, which a file server may take for an access. It
    // leaves such a time alone.
    dir.utimens("d", FAR_AHEAD, LONG_AGO)?;
    dir.utimens("s", LONG_AGO, LONG_AGO)?;
    Ok(())
}

fn set_id_bits(dir: &TestDir) -> Outcome {
    // A write or truncation without CAP_FSETID clears the bits, and so does a change of the owner.
    let bits = |name: &str, what: &str, operation: &dyn Fn(&str) -> Result<(), Errno>| -> Outcome {
        dir.write_file(name, b"program")?;
        dir.lchown(name, Some(ALICE.uid), Some(ALICE.gid))?;
        dir.chmod(name, 0o6777)?;
        dir.record(what, &());
        operation(name)?;
        dir.lstat(name)?;
        Ok(())
    };
    bits("write", "write by its owner", &|name| {
        dir.as_user(ALICE, || {
            dir.open(name, RDWR)?.write(b"changed").map(|_| ())
        })
    })?;
    bits("truncate", "truncate by its owner", &|name| {
        dir.as_user(ALICE, || dir.truncate(name, 2))
    })?;
    bits("root-write", "write by root", &|name| {
        dir.open(name, RDWR)?.write(b"changed").map(|_| ())
    })?;
    bits("chown", "chown by root", &|name| {
        dir.lchown(name, Some(1), Some(1))
    })?;
    bits(
        "foreign-group",
        "chmod to setgid by an owner outside the group",
        &|name| {
            dir.lchown(name, None, Some(1))?;
            dir.as_user(ALICE, || dir.chmod(name, 0o2755))
        },
    )?;
    Ok(())
}

/// A write and a change of the owner remove file capabilities.
fn capabilities(dir: &TestDir) -> Outcome {
    for name in ["write", "root-write"] {
        match dir.setxattr(name, CAPABILITY, &capability(None), XattrFlags::empty()) {
            Err(Errno::OPNOTSUPP) => {
                skipped::report("file capabilities", "the lower filesystem has none");
                return Ok(());
            }
            other => other?,
        }
    }
    dir.getxattr("write", CAPABILITY, 20)?;
    dir.as_user(ALICE, || dir.open("write", RDWR)?.write(b"c").map(|_| ()))?;
    dir.lchown("root-write", Some(2), None)?;
    for name in ["write", "root-write"] {
        dir.getxattr(name, CAPABILITY, 20).refused(Errno::NODATA)?;
    }
    Ok(())
}

fn by_another_user(dir: &TestDir) -> Outcome {
    dir.as_user(ALICE, || {
        dir.chmod("f", 0o777).compared();
        dir.lchown("write", Some(0), None).compared();
        dir.lchown("write", None, Some(0)).compared();
        dir.lchown("write", None, Some(ALICE.gid)).compared();
        dir.utimens("f", NOW, NOW).compared();
        dir.utimens("write", NOW, LONG_AGO).compared();
        Ok(())
    })?;
    dir.lstat("write")?;
    Ok(())
}
