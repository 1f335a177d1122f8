// SPDX-License-Identifier: GPL-2.0

//! Operations on mounts and on filesystems as a whole, and the execution of programs.

use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};
use std::{ffi::OsStr, fs};

use rustix::fs::{fcntl_getfl, ftruncate, open, statfs, statvfs, Mode, OFlags, StatVfsMountFlags};
use rustix::io::{pwrite, Errno};
use rustix::mount::{mount_bind, mount_remount, unmount, MountFlags, UnmountFlags};

use super::{done, PLACE, SLOT};
use crate::explore::hand::Hand;
use crate::explore::operation::{Kind, Scope};
use crate::explore::place::TOP;
use crate::explore::word::Domain;
use crate::ops::errno;

/// A program for every processor: it runs `base0fs-selftest`, which prints the effective user.
const SCRIPT: &[u8] = b"#!/proc/self/exe --pause\n";

const CACHES: Domain = Domain::OneOf(&[("pages", 1), ("names", 2), ("all", 3)]);
const ACCESS: Domain = Domain::OneOf(&[("rw", 0), ("ro", libc::MS_RDONLY)]);

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "statfs",
        weight: 2,
        arguments: &[PLACE],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let found = statfs(hand.path(words.place(0))?)?;
            Ok(format!(
                "type {:x} block {} fragment {} name {}",
                found.f_type, found.f_bsize, found.f_frsize, found.f_namelen
            ))
        },
    },
    Kind {
        name: "script",
        weight: 2,
        arguments: &[SLOT],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let file = hand.file(words.size(0))?;
            // Bytes that are appended to others would be no program.
            if fcntl_getfl(file)?.contains(rustix::fs::OFlags::APPEND) {
                return Err(Errno::INVAL);
            }
            ftruncate(file, 0)?;
            pwrite(file, SCRIPT, 0).map(done)
        },
    },
    Kind {
        name: "exec",
        weight: 4,
        arguments: &[PLACE],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let path = hand.path(words.place(0))?;
            // A path without a slash would be looked for among the programs of the system.
            let path = [b"./", path.to_bytes()].concat();
            let path = path
                .strip_prefix(b"./")
                .filter(|rest| rest.contains(&b'/'))
                .unwrap_or(&path);
            // It would wait for the end of a lease, for which opening the file does not.
            let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
            if let Err(Errno::AGAIN) = open(path, flags, Mode::empty()) {
                return Err(Errno::AGAIN);
            }
            let output = Command::new(OsStr::from_bytes(path))
                // An actor is confined to a directory without /dev/null.
                .stdin(Stdio::piped())
                .output()
                .map_err(errno)?;
            let text = String::from_utf8_lossy(&output.stdout);
            Ok(format!("user {}, {}", text.trim_end(), output.status))
        },
    },
    Kind {
        name: "cover",
        weight: 2,
        arguments: &[PLACE],
        scope: Scope::Everywhere,
        // The comparison of the trees would meet a mount that stays.
        perform: |hand, words| {
            let path = hand.path(words.place(0))?;
            mount_bind(&path, &path)?;
            unmount(&path, UnmountFlags::DETACH).map(done)
        },
    },
    Kind {
        name: "remount",
        weight: 1,
        arguments: &[ACCESS],
        scope: Scope::Everywhere,
        perform: |_, words| {
            // The other flags stay as they are.
            let found = statvfs(TOP)?.f_flag;
            let kept = [
                (StatVfsMountFlags::NOSUID, MountFlags::NOSUID),
                (StatVfsMountFlags::NODEV, MountFlags::NODEV),
                (StatVfsMountFlags::NOEXEC, MountFlags::NOEXEC),
                (StatVfsMountFlags::NOATIME, MountFlags::NOATIME),
            ];
            let kept = kept.iter().filter(|(flag, _)| found.contains(*flag));
            let kept = kept.fold(MountFlags::empty(), |all, (_, flag)| all | *flag);
            let access = MountFlags::from_bits_retain(words.bits(0));
            mount_remount(TOP, MountFlags::BIND | kept | access, c"").map(done)
        },
    },
    Kind {
        name: "drop-caches",
        weight: 1,
        arguments: &[CACHES],
        scope: Scope::Everywhere,
        perform: |_: &mut Hand, words| {
            fs::write("/proc/sys/vm/drop_caches", words.number(0).to_string())
                .map(done)
                .map_err(errno)
        },
    },
];
