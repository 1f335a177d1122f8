// SPDX-License-Identifier: GPL-2.0

//! File handles, which an actor keeps over many steps.

use rustix::fs::{open, statx, AtFlags, Mode, OFlags, StatxFlags, CWD};
use rustix::io::Errno;
use rustix::path::Arg;

use super::{PLACE, SLOT};
use crate::explore::hand::{left_out, NOTHING_OPEN};
use crate::explore::operation::{Kind, Scope};
use crate::explore::place::TOP;
use crate::explore::word::Domain;
use crate::ops::FileHandle;

/// Room for the handles of every filesystem (`MAX_HANDLE_SZ`), and too little.
const ROOM: Domain = Domain::Number(&[128, 128, 128, 0]);

const ACCESS: Domain = Domain::OneOf(&[
    ("RDONLY", libc::O_RDONLY as u64),
    ("RDWR", libc::O_RDWR as u64),
    ("PATH", libc::O_PATH as u64),
    ("DIRECTORY", libc::O_DIRECTORY as u64),
]);

/// The number of the mount in which a file is.
fn mount_id(path: impl Arg, flags: AtFlags) -> Result<u64, Errno> {
    statx(CWD, path, flags, StatxFlags::MNT_ID).map(|stat| stat.stx_mnt_id)
}

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "handle",
        weight: 3,
        arguments: &[
            PLACE,
            ROOM,
            Domain::Flags(&[("FOLLOW", libc::AT_SYMLINK_FOLLOW as u64)]),
        ],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let path = hand.path(words.place(0))?;
            let flags = match words.bits(2) {
                0 => AtFlags::SYMLINK_NOFOLLOW,
                _ => AtFlags::empty(),
            };
            let here = mount_id(TOP, AtFlags::empty())?;
            if mount_id(&path, flags).is_ok_and(|mount| mount != here) {
                return left_out("handle-from-outside");
            }
            let (handle, length) = FileHandle::of(&path, words.bits(2) as i32, words.size(1));
            hand.handle = Some(handle?);
            Ok(format!("{length} bytes"))
        },
    },
    Kind {
        name: "open-handle",
        weight: 3,
        arguments: &[SLOT, ACCESS],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let mount = open(TOP, flags, Mode::empty())?;
            let handle = hand.handle.as_ref().ok_or(NOTHING_OPEN)?;
            let flags = OFlags::from_bits_retain(words.bits(1)) | OFlags::NONBLOCK;
            let file = handle.open(mount, flags)?;
            hand.put(words.size(0), file)
        },
    },
];
