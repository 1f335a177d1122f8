// SPDX-License-Identifier: GPL-2.0

//! Delegations, such as an NFS server has, on files and directories: changes in the other layer
//! wait until they are given back.

use rustix::fs::{FileType, OFlags, RenameFlags, XattrFlags};
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{interrupted, lease_signal, while_waiting, Acl, Kind, Operation, CREATE, RDONLY};
use crate::outcome::{Expect, Outcome};
use crate::show::Show;
use crate::skipped;
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "delegations",
    about: "a change waits until a delegation on the file or directory is given back",
    risk: "changes fail with EAGAIN while an NFS server exports the lower directory",
    run: Run::Compared(run),
};

/// What is delegated, and a change that waits for it.
const CHANGES: [(&str, Operation); 18] = [
    ("f", |dir| dir.chmod("d/f", 0o600)),
    ("f", |dir| dir.lchown("d/f", Some(1), Some(2))),
    ("f", |dir| dir.truncate("d/f", 2)),
    ("f", |dir| {
        dir.setxattr("d/f", "trusted.x", b"value", XattrFlags::empty())
    }),
    ("f", |dir| dir.removexattr("d/f", "trusted.x")),
    ("f", |dir| {
        dir.setfacl("d/f", Acl::Access, "u::rw-,g::r--,o::---")
    }),
    ("f", |dir| dir.link("d/f", "link")),
    ("f", |dir| dir.rename("d/f", "d/renamed")),
    ("renamed", |dir| {
        dir.rename_with("d/renamed", "d/g", RenameFlags::EXCHANGE)
    }),
    ("renamed", |dir| dir.rename("link", "d/renamed")),
    ("renamed", |dir| dir.unlink("d/renamed")),
    ("", |dir| dir.open("d/new", CREATE)?.close()),
    ("", |dir| dir.mkdir("d/e", 0o755)),
    ("", |dir| dir.symlink("target", "d/symlink")),
    ("", |dir| dir.mknod("d/fifo", FileType::Fifo, 0o600, 0)),
    ("", |dir| dir.rename("d/new", "moved")),
    ("", |dir| dir.unlink("d/symlink")),
    ("", |dir| dir.rmdir("d/e")),
];

fn run(dir: &TestDir) -> Outcome {
    let below = dir.below();
    dir.mkdir("d", 0o755)?;
    dir.write_file("d/f", b"content")?;
    dir.write_file("d/g", b"other content")?;
    if let Err(errno) = dir.open("d/f", RDONLY)?.set_delegation(Kind::Read) {
        // Older kernels have delegations for NFS servers alone.
        skipped::report("delegations", &format!("F_SETDELEG fails: {errno}"));
        return Ok(());
    }
    for (name, change) in CHANGES {
        delegated(dir, &below, &format!("d/{name}"), change)?;
    }
    // The other way round: the delegation was taken above.
    dir.write_file("d/f", b"content")?;
    delegated(&below, dir, "d/f", |below| below.chmod("d/f", 0o644))?;
    delegated(&below, dir, "d", |below| below.mkdir("d/e", 0o755))?;
    delegated(dir, dir, "d/f", |dir| dir.chmod("d/f", 0o600))?;
    delegated(dir, dir, "d", |dir| dir.rmdir("d/e"))
}

/// `change` waits until the delegation of `name` in `holder` is given back.
fn delegated(dir: &TestDir, holder: &TestDir, name: &str, change: Operation) -> Outcome {
    let flags = match name.trim_end_matches('/') {
        "d" => OFlags::RDONLY | OFlags::DIRECTORY,
        _ => RDONLY,
    };
    let name = name.trim_end_matches('/');
    let file = holder.open(name, flags)?;
    file.send_signals_here(Some(lease_signal()))?;
    file.set_delegation(Kind::Read)?;
    // The wait can be interrupted, and nothing has changed then.
    let quiet = crate::trace::Trace::default();
    let silent = TestDir::new(&dir.path(""), &dir.path(""), dir.program(), &quiet);
    let result = interrupted(|| change(&silent));
    dir.record("with a signal", &result.show());
    if result == Err(Errno::OPNOTSUPP) {
        skipped::report(
            "some changes of delegated files",
            "the lower filesystem has no such change",
        );
        return Ok(());
    }
    result.refused(Errno::INTR)?;
    file.await_signal(Some(lease_signal()))?;
    file.set_delegation(Kind::Unlock)?;
    file.send_signals_here(Some(lease_signal()))?;
    file.set_delegation(Kind::Read)?;
    let result = while_waiting(
        || change(&silent),
        || {
            file.await_signal(Some(lease_signal()))?;
            file.set_delegation(Kind::Unlock)
        },
    );
    dir.record("after the delegation was given back", &result.show());
    result?;
    Ok(())
}
