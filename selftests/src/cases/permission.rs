// SPDX-License-Identifier: GPL-2.0

//! What users other than root may do.

use rustix::fs::Access;
use rustix::io::Errno;

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::{CREATE, RDONLY, RDWR, WRONLY};
use crate::world::{User, World, ALICE, BOB};

pub(super) const CASE: Case = Case {
    name: "permission",
    about:
        "other users: reading, writing, searching, access(2), groups, sticky directories, new files",
    risk: "files may lie open to users who must not read or change them",
    run: Run::Compared(run),
};

const MEMBER: User = User {
    uid: BOB.uid,
    gid: BOB.gid,
    groups: &[7_000],
};

fn run(w: &World) -> Outcome {
    w.chmod(".", 0o755)?;
    classes(w)?;
    search(w)?;
    sticky(w)?;
    new_files(w)
}

fn classes(w: &World) -> Outcome {
    w.mkdir("open", 0o755)?;
    for mode in [
        0o000, 0o400, 0o040, 0o004, 0o640, 0o622, 0o711, 0o070, 0o777,
    ] {
        let name = format!("open/{mode:o}");
        w.write_file(&name, b"guarded")?;
        w.lchown(&name, Some(ALICE.uid), Some(7_000))?;
        w.chmod(&name, mode)?;
        for user in [ALICE, BOB, MEMBER] {
            w.as_user(user, || {
                w.open(&name, RDONLY).either();
                w.open(&name, WRONLY).either();
                w.open(&name, RDWR).either();
                w.truncate(&name, 3).either();
                for access in [
                    Access::READ_OK,
                    Access::WRITE_OK,
                    Access::EXEC_OK,
                    Access::EXISTS,
                ] {
                    w.access(&name, access).either();
                }
                Ok(())
            })?;
        }
        // Root reads and writes all, and executes what anybody may execute.
        w.access(&name, Access::READ_OK | Access::WRITE_OK)?;
        w.access(&name, Access::EXEC_OK).either();
    }
    // The right is checked at open: an open file stays usable when it is taken away.
    w.as_user(ALICE, || {
        let file = w.open("open/640", RDWR)?;
        w.chmod("open/640", 0o000)?;
        file.write(b"still open")?;
        file.ftruncate(5)?;
        w.open("open/640", RDWR).either();
        Ok(())
    })?;
    // So it is with somebody who got it open from root.
    let file = w.open("open/0", RDWR)?;
    w.as_user(BOB, || {
        file.pwrite(b"given", 0)?;
        file.pread(5, 0)?;
        file.ftruncate(6)?;
        file.fstat()?;
        file.fchmod(0o777).either();
        w.lstat("open/0").map(drop)
    })?;
    Ok(())
}

fn search(w: &World) -> Outcome {
    w.mkdir("closed", 0o755)?;
    w.write_file("closed/f", b"hidden")?;
    w.chmod("closed/f", 0o666)?;
    for mode in [0o700, 0o704, 0o701, 0o705, 0o703, 0o707] {
        w.chmod("closed", mode)?;
        w.as_user(BOB, || {
            w.list("closed").either();
            w.stat("closed/f").either();
            w.stat("closed/missing").either();
            w.open("closed/f", RDWR).either();
            w.mkdir("closed/d", 0o755).either();
            w.rmdir("closed/d").either();
            w.link("closed/f", "closed/g").either();
            w.unlink("closed/g").either();
            Ok(())
        })?;
    }
    // Root has passed here before: a cached name is no way around the check.
    w.chmod("closed", 0o700)?;
    w.stat("closed/f")?;
    w.as_user(BOB, || w.stat("closed/f"))
        .refused(Errno::ACCESS)?;
    // Nor is a mode that was changed below.
    w.below().chmod("closed", 0o755)?;
    w.as_user(BOB, || w.stat("closed/f"))?;
    w.below().chmod("closed", 0o700)?;
    w.as_user(BOB, || w.stat("closed/f")).refused(Errno::ACCESS)
}

fn sticky(w: &World) -> Outcome {
    w.mkdir("sticky", 0o755)?;
    w.chmod("sticky", 0o1777)?;
    w.as_user(ALICE, || {
        w.write_file("sticky/f", b"alice's")?;
        w.mkdir("sticky/d", 0o777)
    })?;
    w.as_user(BOB, || {
        w.unlink("sticky/f").either();
        w.rename("sticky/f", "sticky/g").either();
        w.rmdir("sticky/d").either();
        w.write_file("sticky/bob", b"bob's")?;
        w.rename("sticky/bob", "sticky/f").either();
        w.unlink("sticky/bob")
    })?;
    w.as_user(ALICE, || w.unlink("sticky/f"))?;
    w.list("sticky")?;
    Ok(())
}

fn new_files(w: &World) -> Outcome {
    w.mkdir("common", 0o755)?;
    w.chmod("common", 0o777)?;
    w.as_user(MEMBER, || {
        w.open("common/f", CREATE)?.fstat()?;
        w.mkdir("common/d", 0o755)?;
        w.symlink("f", "common/s")?;
        for name in ["common/f", "common/d", "common/s"] {
            w.lstat(name)?;
        }
        w.lchown("common/f", None, Some(7_000))?;
        w.chmod("common/f", 0o2771)?;
        w.lstat("common/f")?;
        w.mknod(
            "common/device",
            rustix::fs::FileType::CharacterDevice,
            0o666,
            0x103,
        )
        .either();
        w.lchown("common/f", Some(0), None).either();
        Ok(())
    })?;
    w.as_user(ALICE, || {
        w.chmod("common/f", 0o777).either();
        w.utimens("common/f", moment(), moment()).either();
        Ok(())
    })?;
    w.lstat("common/f")?;
    Ok(())
}

fn moment() -> rustix::fs::Timespec {
    rustix::fs::Timespec {
        tv_sec: 1_000_000_000,
        tv_nsec: 0,
    }
}
