// SPDX-License-Identifier: GPL-2.0

//! Operations on attributes.

use base0fs_selftest::ops::Acl;
use rustix::fs::{statfs, Access, Timespec, XattrFlags};

use crate::operation::{operation, Operation};

const TIME: Timespec = Timespec {
    tv_sec: 1_000_000_000,
    tv_nsec: 5,
};

pub const OPERATIONS: &[Operation] = &[
    operation("access", |dir, window| {
        window.during(|| dir.access("file", Access::READ_OK))
    }),
    operation("chmod", |dir, window| {
        window.during(|| dir.chmod("file", 0o600))
    }),
    Operation {
        half_done: Some("the lower filesystem sets the mode before the ACL"),
        ..operation("chmod of a file with an ACL", |dir, window| {
            window.during(|| dir.chmod("other", 0o600))
        })
    },
    operation("chown", |dir, window| {
        window.during(|| dir.lchown("file", Some(7), Some(7)))
    }),
    operation("utimensat", |dir, window| {
        window.during(|| dir.utimens("file", TIME, TIME))
    }),
    operation("truncate", |dir, window| {
        window.during(|| dir.truncate("file", 100))
    }),
    operation("setxattr", |dir, window| {
        window.during(|| dir.setxattr("file", "user.new", b"value", XattrFlags::empty()))
    }),
    operation("getxattr", |dir, window| {
        window
            .during(|| dir.getxattr("file", "user.lab", 100))
            .map(drop)
    }),
    operation("listxattr", |dir, window| {
        window.during(|| dir.listxattr("file", 1000)).map(drop)
    }),
    operation("removexattr", |dir, window| {
        window.during(|| dir.removexattr("file", "user.lab"))
    }),
    operation("setting an ACL", |dir, window| {
        let acl = "u::rw-,u:9:r--,g::r--,m::r--,o::---";
        window.during(|| dir.setfacl("file", Acl::Access, acl))
    }),
    operation("getting an ACL", |dir, window| {
        window
            .during(|| dir.getfacl("other", Acl::Access))
            .map(drop)
    }),
    operation("removing an ACL", |dir, window| {
        window.during(|| dir.removefacl("other", Acl::Access))
    }),
    operation("setting a default ACL", |dir, window| {
        let acl = "u::rwx,u:9:r-x,g::r-x,m::r-x,o::---";
        window.during(|| dir.setfacl("one", Acl::Default, acl))
    }),
    operation("statfs", |dir, window| {
        // The free space of a filesystem changes by itself.
        dir.step_opaque("statfs file", || window.during(|| statfs(dir.path("file"))))
            .map(drop)
    }),
];
