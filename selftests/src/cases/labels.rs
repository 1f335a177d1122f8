// SPDX-License-Identifier: GPL-2.0

//! Labels of security modules. Without such a module they are extended attributes like others.

use rustix::fs::{FileType, XattrFlags};

use crate::case::{Case, Run};
use crate::ops::{CREATE, RDWR};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "labels",
    about: "labels of SELinux and Smack: of new files, set above, set below",
    risk: "a security module may allow what it has to deny, or deny what it has to allow",
    run: Run::Compared(run),
};

/// Room for a label.
const ROOM: usize = 256;

/// The attribute of each module, and two labels, which SELinux takes only if its policy has them.
const LABELS: [(&str, &str, &str); 2] = [
    ("security.SMACK64", "Above", "Below"),
    (
        "security.selinux",
        "user_u:object_r:base_t",
        "user_u:base_r:base_t",
    ),
];

fn run(dir: &TestDir) -> Outcome {
    dir.write_file("f", b"content")?;
    dir.mkdir("d", 0o755)?;
    dir.write_file("d/inside", b"content")?;
    dir.symlink("f", "s")?;
    dir.mknod("fifo", FileType::Fifo, 0o600, 0)?;
    dir.below().write_file("from-below", b"content")?;
    for (attribute, _, _) in LABELS {
        for name in ["", "f", "d", "d/inside", "fifo", "from-below"] {
            dir.getxattr(name, attribute, ROOM).compared();
            dir.below().getxattr(name, attribute, ROOM).compared();
        }
    }
    for (attribute, above, below) in LABELS {
        for name in ["f", "d"] {
            dir.setxattr(name, attribute, above.as_bytes(), XattrFlags::empty())
                .compared();
            dir.getxattr(name, attribute, ROOM).compared();
            dir.below().getxattr(name, attribute, ROOM).compared();

            // A label that was changed below is seen by whoever looks at the file.
            dir.below()
                .setxattr(name, attribute, below.as_bytes(), XattrFlags::empty())
                .compared();
            dir.lstat(name)?;
            dir.getxattr(name, attribute, ROOM).compared();
            dir.open(name, rustix::fs::OFlags::RDONLY)?;
            dir.listxattr(name, 1_000).compared();
        }
        dir.open("d/new", CREATE)?.write(b"new")?;
        dir.getxattr("d/new", attribute, ROOM).compared();
        dir.below().getxattr("d/new", attribute, ROOM).compared();
        dir.unlink("d/new")?;
        dir.open("f", RDWR)?.write(b"more")?;
        dir.removexattr("f", attribute).compared();
        dir.getxattr("f", attribute, ROOM).compared();
        dir.below().getxattr("f", attribute, ROOM).compared();
    }
    Ok(())
}
