// SPDX-License-Identifier: GPL-2.0

//! Watches of inotify, which live over many steps.

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;

use super::{done, PLACE};
use crate::explore::hand::NOTHING_OPEN;
use crate::explore::operation::{Kind, Scope};
use crate::explore::word::Domain;
use crate::show::Show;

/// Without the close events, which `known::LEFT_OUT` explains.
const ALL: u32 = libc::IN_ALL_EVENTS & !libc::IN_CLOSE;

const EVENTS: Domain = Domain::OneOf(&[
    (
        "names",
        (libc::IN_CREATE | libc::IN_DELETE | libc::IN_MOVE) as u64,
    ),
    (
        "self",
        (libc::IN_DELETE_SELF | libc::IN_MOVE_SELF | libc::IN_ATTRIB) as u64,
    ),
    ("data", (libc::IN_MODIFY | libc::IN_ACCESS) as u64),
    ("open", libc::IN_OPEN as u64),
    ("all", ALL as u64),
    // None with ONESHOT: after an event that a known difference takes away, the watch would be gone in
    // one layer.
    ("all|EXCL_UNLINK", (ALL | libc::IN_EXCL_UNLINK) as u64),
    ("names|ONLYDIR", (libc::IN_CREATE | libc::IN_ONLYDIR) as u64),
]);

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "watch",
        weight: 4,
        arguments: &[
            PLACE,
            EVENTS,
            Domain::Flags(&[
                ("DONT_FOLLOW", libc::IN_DONT_FOLLOW as u64),
                ("MASK_ADD", libc::IN_MASK_ADD as u64),
            ]),
        ],
        scope: Scope::AboveAlone,
        perform: |hand, words| {
            if hand.watch.is_none() {
                hand.watch = Some(inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?);
            }
            let path = hand.path(words.place(0))?;
            let instance = hand.watch.as_ref().ok_or(NOTHING_OPEN)?;
            let events = WatchFlags::from_bits_retain(words.bits(1) | words.bits(2));
            // The number counts the watches of the instance, so it is the same on both sides.
            inotify::add_watch(instance, path, events).map(|number| number.show())
        },
    },
    Kind {
        name: "unwatch",
        weight: 1,
        arguments: &[Domain::Number(&[1, 2, 3])],
        scope: Scope::AboveAlone,
        perform: |hand, words| {
            let instance = hand.watch.as_ref().ok_or(NOTHING_OPEN)?;
            inotify::remove_watch(instance, words.number(0) as i32).map(done)
        },
    },
    Kind {
        name: "events",
        weight: 5,
        arguments: &[],
        scope: Scope::Everywhere,
        perform: |hand, _| {
            let instance = hand.watch.as_ref().ok_or(NOTHING_OPEN)?;
            let mut buffer = [const { std::mem::MaybeUninit::uninit() }; 8_192];
            let mut reader = inotify::Reader::new(instance, &mut buffer);
            let mut events = Vec::new();
            loop {
                match reader.next() {
                    Ok(event) => events.push(shown(&event)),
                    // All of them: a known difference may explain some.
                    Err(Errno::AGAIN) => return Ok(format!("[{}]", events.join(" "))),
                    Err(errno) => return Err(errno),
                }
            }
        },
    },
];

fn shown(event: &inotify::Event) -> String {
    let name = event.file_name().map(|name| match name.to_bytes() {
        // A file without a name (O_TMPFILE) is called by the number of its inode.
        [b'#', number @ ..] if number.iter().all(u8::is_ascii_digit) => "#".to_owned(),
        name => name.to_vec().show(),
    });
    let flags: ReadFlags = event.events();
    format!(
        "{}:{:x}:{}",
        event.wd(),
        flags.bits(),
        name.unwrap_or_default()
    )
}
