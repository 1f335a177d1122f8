// SPDX-License-Identifier: GPL-2.0

//! Extended attributes of each namespace.

use rustix::fs::XattrFlags;
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::pattern;
use crate::outcome::{Expect, Outcome};
use crate::test_dir::{TestDir, ALICE};

pub(super) const CASE: Case = Case {
    name: "xattr",
    about:
        "extended attributes: set, get, list, remove in user, trusted and security; sizes; refusals",
    risk: "attributes, file capabilities and labels may be lost, or set by users who must not",
    run: Run::Compared(run),
};

const PLAIN: XattrFlags = XattrFlags::empty();

fn run(dir: &TestDir) -> Outcome {
    dir.write_file("f", b"")?;
    dir.mkdir("d", 0o755)?;
    dir.symlink("f", "s")?;
    dir.mknod("fifo", rustix::fs::FileType::Fifo, 0o666, 0)?;
    for file in ["f", "d", "s", "fifo"] {
        for name in ["user.one", "trusted.two", "security.three"] {
            dir.setxattr(file, name, name.as_bytes(), PLAIN).compared();
            dir.getxattr(file, name, 100).compared();
        }
        dir.listxattr(file, 1_000)?;
        dir.removexattr(file, "trusted.two").compared();
        dir.listxattr(file, 1_000)?;
    }
    dir.record_times("setxattr", "f", || {
        dir.setxattr("f", "user.base0fs", b"", PLAIN).or(Ok(()))
    })?;

    values(dir)?;
    names(dir)?;

    // Hard links share them, and changes below are visible above.
    dir.link("f", "g")?;
    let space = dir.attributes_of_root();
    let (size, below) = (format!("{space}size"), format!("{space}below"));
    dir.getxattr("g", &size, 100)?;
    dir.below().setxattr("f", &below, b"set below", PLAIN)?;
    dir.getxattr("g", &below, 100)?;
    by_another_user(dir)
}

/// Sizes and flags, in the namespace that every lower filesystem supports.
fn values(dir: &TestDir) -> Outcome {
    let space = dir.attributes_of_root();
    let named = |name: &str| format!("{space}{name}");
    dir.setxattr("f", &named("size"), &pattern(7, 1_500), PLAIN)?;
    dir.xattr_size("f", &named("size"))?;
    dir.getxattr("f", &named("size"), 1_500)?;
    dir.getxattr("f", &named("size"), 1_499)
        .refused(Errno::RANGE)?;
    dir.listxattr("f", 3).refused(Errno::RANGE)?;
    dir.setxattr("f", &named("large"), &pattern(9, 40_000), PLAIN)
        .compared();
    dir.getxattr("f", &named("large"), 65_536).compared();
    dir.setxattr("f", &named("empty"), b"", PLAIN)?;
    dir.getxattr("f", &named("empty"), 10)?;
    dir.setxattr("f", &named("size"), b"replaced", XattrFlags::REPLACE)?;
    dir.getxattr("f", &named("size"), 100)?;
    dir.setxattr("f", &named("size"), b"again", XattrFlags::CREATE)
        .refused(Errno::EXIST)?;
    dir.setxattr("f", &named("absent"), b"", XattrFlags::REPLACE)
        .refused(Errno::NODATA)?;
    dir.getxattr("f", &named("absent"), 10)
        .refused(Errno::NODATA)?;
    dir.removexattr("f", &named("absent"))
        .refused(Errno::NODATA)?;
    dir.removexattr("f", &named("empty"))?;
    dir.getxattr("f", &named("empty"), 10)
        .refused(Errno::NODATA)?;
    dir.getxattr("missing", &named("size"), 10)
        .refused(Errno::NOENT)
}

/// Invalid names, and names and values of the greatest length.
fn names(dir: &TestDir) -> Outcome {
    let space = dir.attributes_of_root();
    let named = |name: &str| format!("{space}{name}");
    let longest = 255 - space.len();
    dir.setxattr("f", "nonsense", b"", PLAIN)
        .refused(Errno::OPNOTSUPP)?;
    dir.setxattr("f", "unknown.space", b"", PLAIN)
        .refused(Errno::OPNOTSUPP)?;
    dir.setxattr("f", &named(&"n".repeat(longest)), b"longest name", PLAIN)
        .compared();
    dir.setxattr("f", &named(&"n".repeat(longest + 1)), b"", PLAIN)
        .refused(Errno::RANGE)?;
    dir.setxattr("f", &named("big"), &pattern(8, 65_537), PLAIN)
        .refused(Errno::TOOBIG)
}

/// Other users do not see trusted attributes. Permissions decide about user attributes.
fn by_another_user(dir: &TestDir) -> Outcome {
    dir.chmod("f", 0o604)?;
    dir.as_user(ALICE, || {
        dir.listxattr("f", 1_000)?;
        dir.getxattr("f", "trusted.size", 100).compared();
        dir.getxattr("f", "user.one", 100).compared();
        dir.setxattr("f", "trusted.size", b"", PLAIN).compared();
        dir.setxattr("f", "user.one", b"", PLAIN).compared();
        dir.setxattr("f", "security.three", b"", PLAIN).compared();
        dir.removexattr("f", "security.three").compared();
        Ok(())
    })?;
    dir.listxattr("f", 1_000)?;
    Ok(())
}
