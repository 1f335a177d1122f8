// SPDX-License-Identifier: GPL-2.0

//! A file whose owner was changed below while it is open above: who may still do what only its
//! owner may. No path walk has shown the new owner to the mount.

use rustix::fs::{linkat, utimensat, AtFlags, OFlags, CWD};
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{ATIME_DUE, RDONLY};
use crate::outcome::Outcome;
use crate::test_dir::{TestDir, ALICE, BOB};

pub(super) const CASE: Case = Case {
    name: "owner_below",
    about:
        "after a file got another owner below, its former owner has no right to it by a descriptor",
    risk: "users may keep rights to files that are no longer theirs",
    run: Run::Compared(run),
};

/// Something that an owner may do with an open file, with its name, and the mode of the file.
type Operation = (&'static str, u32, fn(&TestDir, &crate::ops::File));

const OPERATIONS: [Operation; 4] = [
    ("lease", 0o600, |_, file| {
        // No file is open for writing. A filesystem without leases refuses it in both directories.
        let _ = file.set_lease(crate::ops::Kind::Read);
    }),
    ("link", 0o600, link),
    // For this mode the VFS asks for the owner alone, and not whether the file can be written, which
    // would have shown the new owner to the mount.
    ("link of a program", 0o6755, link),
    ("noatime", 0o600, |_, file| {
        // The layer may accept the flag, and must not obey it. So it is not recorded.
        let _ = rustix::fs::fcntl_setfl(file, OFlags::NOATIME);
    }),
];

fn link(dir: &TestDir, file: &crate::ops::File) {
    let name = format!("{}-linked", file.name());
    let _ = dir.step("link a descriptor", || {
        linkat(
            CWD,
            file.proc_path(),
            CWD,
            dir.path(&name),
            AtFlags::SYMLINK_FOLLOW,
        )
    });
}

fn run(dir: &TestDir) -> Outcome {
    dir.chmod(".", 0o777)?;
    let below = dir.below();
    for (name, mode, operation) in OPERATIONS {
        dir.write_file(name, b"content")?;
        dir.lchown(name, Some(ALICE.uid), Some(ALICE.gid))?;
        dir.chmod(name, mode)?;
        let file = dir.open(name, RDONLY)?;
        below.lchown(name, Some(BOB.uid), Some(BOB.gid))?;
        dir.as_user(ALICE, || {
            operation(dir, &file);
            Ok(())
        })?;
        let path = below.path(name);
        utimensat(CWD, &path, &ATIME_DUE, AtFlags::empty())?;
        let read = dir.as_user(ALICE, || file.pread(7, 0).map(drop));
        let stat = rustix::fs::stat(&path)?;
        let is_updated = stat.st_atime != ATIME_DUE.last_access.tv_sec;
        dir.record("reading updates the access time", &is_updated);
        read?;
        // The new owner may do the same.
        dir.as_user(BOB, || {
            let own = dir.open(name, RDONLY)?;
            let _ = own.set_lease(crate::ops::Kind::Read);
            own.set_flags(OFlags::NOATIME)?;
            Ok::<_, Errno>(())
        })?;
    }
    dir.list(".")?;
    Ok(())
}
