// SPDX-License-Identifier: GPL-2.0

//! Extended attributes of each namespace.

use rustix::fs::XattrFlags;
use rustix::io::Errno;

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::pattern;
use crate::world::{World, ALICE};

pub(super) const CASE: Case = Case {
    name: "xattr",
    about:
        "extended attributes: set, get, list, remove in user, trusted and security; sizes; refusals",
    risk: "attributes, file capabilities and labels may be lost, or be set by who must not",
    run: Run::Compared(run),
};

const PLAIN: XattrFlags = XattrFlags::empty();

fn run(w: &World) -> Outcome {
    w.write_file("f", b"")?;
    w.mkdir("d", 0o755)?;
    w.symlink("f", "s")?;
    w.mknod("fifo", rustix::fs::FileType::Fifo, 0o666, 0)?;
    for file in ["f", "d", "s", "fifo"] {
        for name in ["user.one", "trusted.two", "security.three"] {
            w.setxattr(file, name, name.as_bytes(), PLAIN).either();
            w.getxattr(file, name, 100).either();
        }
        w.listxattr(file, 1_000)?;
        w.removexattr(file, "trusted.two").either();
        w.listxattr(file, 1_000)?;
    }
    w.stamped("setxattr", "f", || {
        w.setxattr("f", "user.base0fs", b"", PLAIN).or(Ok(()))
    })?;

    // The rest is asked of the namespace that every lower filesystem of this suite has.
    w.setxattr("f", "trusted.size", &pattern(7, 1_500), PLAIN)?;
    w.xattr_size("f", "trusted.size")?;
    w.getxattr("f", "trusted.size", 1_500)?;
    w.getxattr("f", "trusted.size", 1_499)
        .refused(Errno::RANGE)?;
    w.listxattr("f", 3).refused(Errno::RANGE)?;
    w.setxattr("f", "trusted.large", &pattern(9, 40_000), PLAIN)
        .either();
    w.getxattr("f", "trusted.large", 65_536).either();
    w.setxattr("f", "trusted.empty", b"", PLAIN)?;
    w.getxattr("f", "trusted.empty", 10)?;
    w.setxattr("f", "trusted.size", b"replaced", XattrFlags::REPLACE)?;
    w.getxattr("f", "trusted.size", 100)?;
    w.setxattr("f", "trusted.size", b"again", XattrFlags::CREATE)
        .refused(Errno::EXIST)?;
    w.setxattr("f", "trusted.absent", b"", XattrFlags::REPLACE)
        .refused(Errno::NODATA)?;
    w.getxattr("f", "trusted.absent", 10)
        .refused(Errno::NODATA)?;
    w.removexattr("f", "trusted.absent")
        .refused(Errno::NODATA)?;
    w.removexattr("f", "trusted.empty")?;
    w.getxattr("f", "trusted.empty", 10)
        .refused(Errno::NODATA)?;
    w.getxattr("missing", "trusted.size", 10)
        .refused(Errno::NOENT)?;

    w.setxattr("f", "nonsense", b"", PLAIN)
        .refused(Errno::OPNOTSUPP)?;
    w.setxattr("f", "unknown.space", b"", PLAIN)
        .refused(Errno::OPNOTSUPP)?;
    w.setxattr(
        "f",
        &format!("trusted.{}", "n".repeat(247)),
        b"longest name",
        PLAIN,
    )
    .either();
    w.setxattr("f", &format!("trusted.{}", "n".repeat(248)), b"", PLAIN)
        .refused(Errno::RANGE)?;
    w.setxattr("f", "trusted.big", &pattern(8, 65_537), PLAIN)
        .refused(Errno::TOOBIG)?;

    // Hard links share them, and what is set below is seen here.
    w.link("f", "g")?;
    w.getxattr("g", "trusted.size", 100)?;
    w.below()
        .setxattr("f", "trusted.below", b"set below", PLAIN)?;
    w.getxattr("g", "trusted.below", 100)?;

    // To others, trusted attributes do not exist, and user attributes follow the permissions.
    w.chmod("f", 0o604)?;
    w.as_user(ALICE, || {
        w.listxattr("f", 1_000)?;
        w.getxattr("f", "trusted.size", 100).either();
        w.getxattr("f", "user.one", 100).either();
        w.setxattr("f", "trusted.size", b"", PLAIN).either();
        w.setxattr("f", "user.one", b"", PLAIN).either();
        w.setxattr("f", "security.three", b"", PLAIN).either();
        w.removexattr("f", "security.three").either();
        Ok(())
    })?;
    w.listxattr("f", 1_000)?;
    Ok(())
}
