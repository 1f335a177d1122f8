// SPDX-License-Identifier: GPL-2.0

//! Access by users other than root.

use rustix::fs::Access;
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{seconds, CREATE, RDONLY, RDWR, WRONLY};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::{TestDir, User, ALICE, BOB};

pub(super) const CASE: Case = Case {
    name: "permission",
    about:
        "other users: reading, writing, searching, access(2), groups, sticky directories, new files",
    risk: "users may read or change files that they must not",
    run: Run::Compared(run),
};

const MEMBER: User = User {
    uid: BOB.uid,
    gid: BOB.gid,
    groups: &[7_000],
};

fn run(dir: &TestDir) -> Outcome {
    dir.chmod(".", 0o755)?;
    classes(dir)?;
    search(dir)?;
    sticky(dir)?;
    new_files(dir)
}

fn classes(dir: &TestDir) -> Outcome {
    dir.mkdir("open", 0o755)?;
    for mode in [
        0o000, 0o400, 0o040, 0o004, 0o640, 0o622, 0o711, 0o070, 0o777,
    ] {
        let name = format!("open/{mode:o}");
        dir.write_file(&name, b"guarded")?;
        dir.lchown(&name, Some(ALICE.uid), Some(7_000))?;
        dir.chmod(&name, mode)?;
        for user in [ALICE, BOB, MEMBER] {
            dir.as_user(user, || {
                dir.open(&name, RDONLY).compared();
                dir.open(&name, WRONLY).compared();
                dir.open(&name, RDWR).compared();
                dir.truncate(&name, 3).compared();
                for access in [
                    Access::READ_OK,
                    Access::WRITE_OK,
                    Access::EXEC_OK,
                    Access::EXISTS,
                ] {
                    dir.access(&name, access).compared();
                }
                Ok(())
            })?;
        }
        // Root may read and write every file, and execute those with at least one execute bit.
        dir.access(&name, Access::READ_OK | Access::WRITE_OK)?;
        dir.access(&name, Access::EXEC_OK).compared();
    }
    // Permission is checked at open. The descriptor stays usable after the mode changes.
    dir.as_user(ALICE, || {
        let file = dir.open("open/640", RDWR)?;
        dir.chmod("open/640", 0o000)?;
        file.write(b"still open")?;
        file.ftruncate(5)?;
        dir.open("open/640", RDWR).compared();
        Ok(())
    })?;
    // Another user can use a descriptor that root opened.
    let file = dir.open("open/0", RDWR)?;
    dir.as_user(BOB, || {
        file.pwrite(b"given", 0)?;
        file.pread(5, 0)?;
        file.ftruncate(6)?;
        file.fstat()?;
        file.fchmod(0o777).compared();
        dir.lstat("open/0").map(drop)
    })?;
    Ok(())
}

fn search(dir: &TestDir) -> Outcome {
    dir.mkdir("closed", 0o755)?;
    dir.write_file("closed/f", b"hidden")?;
    dir.chmod("closed/f", 0o666)?;
    for mode in [0o700, 0o704, 0o701, 0o705, 0o703, 0o707] {
        dir.chmod("closed", mode)?;
        dir.as_user(BOB, || {
            dir.list("closed").compared();
            dir.stat("closed/f").compared();
            dir.stat("closed/missing").compared();
            dir.open("closed/f", RDWR).compared();
            dir.mkdir("closed/d", 0o755).compared();
            dir.rmdir("closed/d").compared();
            dir.link("closed/f", "closed/g").compared();
            dir.unlink("closed/g").compared();
            Ok(())
        })?;
    }
    // A cached dentry, from root's walk, does not bypass the check.
    dir.chmod("closed", 0o700)?;
    dir.stat("closed/f")?;
    dir.as_user(BOB, || dir.stat("closed/f"))
        .refused(Errno::ACCESS)?;
    // A mode that changes below has effect above at once.
    dir.below().chmod("closed", 0o755)?;
    dir.as_user(BOB, || dir.stat("closed/f"))?;
    dir.below().chmod("closed", 0o700)?;
    dir.as_user(BOB, || dir.stat("closed/f"))
        .refused(Errno::ACCESS)
}

fn sticky(dir: &TestDir) -> Outcome {
    dir.mkdir("sticky", 0o755)?;
    dir.chmod("sticky", 0o1777)?;
    dir.as_user(ALICE, || {
        dir.write_file("sticky/f", b"alice's")?;
        dir.mkdir("sticky/d", 0o777)
    })?;
    dir.as_user(BOB, || {
        dir.unlink("sticky/f").compared();
        dir.rename("sticky/f", "sticky/g").compared();
        dir.rmdir("sticky/d").compared();
        dir.write_file("sticky/bob", b"bob's")?;
        dir.rename("sticky/bob", "sticky/f").compared();
        dir.unlink("sticky/bob")
    })?;
    dir.as_user(ALICE, || dir.unlink("sticky/f"))?;
    dir.list("sticky")?;
    Ok(())
}

fn new_files(dir: &TestDir) -> Outcome {
    dir.mkdir("common", 0o755)?;
    dir.chmod("common", 0o777)?;
    dir.as_user(MEMBER, || {
        dir.open("common/f", CREATE)?.fstat()?;
        dir.mkdir("common/d", 0o755)?;
        dir.symlink("f", "common/s")?;
        for name in ["common/f", "common/d", "common/s"] {
            dir.lstat(name)?;
        }
        dir.lchown("common/f", None, Some(7_000))?;
        dir.chmod("common/f", 0o2771)?;
        dir.lstat("common/f")?;
        dir.mknod(
            "common/device",
            rustix::fs::FileType::CharacterDevice,
            0o666,
            0x103,
        )
        .compared();
        dir.lchown("common/f", Some(0), None).compared();
        Ok(())
    })?;
    dir.as_user(ALICE, || {
        dir.chmod("common/f", 0o777).compared();
        let moment = seconds(1_000_000_000);
        dir.utimens("common/f", moment, moment).compared();
        Ok(())
    })?;
    dir.lstat("common/f")?;
    Ok(())
}
