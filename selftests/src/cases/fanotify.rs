// SPDX-License-Identifier: GPL-2.0

//! Watches that name files by their handles.

use rustix::fd::{AsRawFd, FromRawFd, OwnedFd};
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{last_errno, FileHandle, CREATE};
use crate::outcome::Outcome;
use crate::skipped;
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "fanotify",
    about: "watches of fanotify name each file and directory by its handle",
    risk:
        "no data is at risk; programs that watch directories or a whole filesystem may miss changes",
    run: Run::Compared(run),
};

/// What is watched: each change to the names and the data of a directory.
const MASK: u64 = libc::FAN_CREATE
    | libc::FAN_DELETE
    | libc::FAN_MOVED_FROM
    | libc::FAN_MOVED_TO
    | libc::FAN_MODIFY
    | libc::FAN_ATTRIB
    | libc::FAN_EVENT_ON_CHILD
    | libc::FAN_ONDIR;

/// Types of the records of an event.
const NAMES: [(u8, &str); 3] = [(1, "file"), (2, "directory and name"), (3, "directory")];

fn run(dir: &TestDir) -> Outcome {
    for (report, name) in [
        (libc::FAN_REPORT_FID, "FID"),
        (
            libc::FAN_REPORT_FID | libc::FAN_REPORT_DFID_NAME,
            "FID and DFID_NAME",
        ),
    ] {
        for (mark, kind) in [(0, "directory"), (libc::FAN_MARK_FILESYSTEM, "filesystem")] {
            let place = format!("{}-{kind}", report);
            dir.mkdir(&place, 0o755)?;
            dir.record("watch", &format!("{kind}, {name}"));
            if !watch(dir, &place, report, mark)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Whether there are such watches.
fn watch(
    dir: &TestDir,
    place: &str,
    report: u32,
    mark: u32,
) -> Result<bool, crate::outcome::Failure> {
    let group = dir.step_opaque("fanotify_init", || {
        let flags = report | libc::FAN_CLASS_NOTIF | libc::FAN_NONBLOCK | libc::FAN_CLOEXEC;
        // SAFETY: The call takes integers alone.
        match unsafe { libc::fanotify_init(flags, libc::O_RDONLY as u32) } {
            -1 => Err(last_errno()),
            // SAFETY: The call has returned a new descriptor, which is ours.
            fd => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        }
    });
    let Ok(group) = group else {
        skipped::report("fanotify", "fanotify_init fails");
        return Ok(false);
    };
    let path = dir.c_path(place);
    let marked = dir.step("fanotify_mark", || {
        let flags = libc::FAN_MARK_ADD | mark;
        let group = group.as_raw_fd();
        // SAFETY: The path ends in a null byte.
        match unsafe { libc::fanotify_mark(group, flags, MASK, libc::AT_FDCWD, path.as_ptr()) } {
            0 => Ok(()),
            _ => Err(last_errno()),
        }
    });
    if marked.is_err() {
        skipped::report("fanotify", "fanotify_mark fails");
        return Ok(true);
    }
    let name = |name: &str| format!("{place}/{name}");
    dir.mkdir(&name("sub"), 0o755)?;
    dir.open(&name("f"), CREATE)?.write(b"data")?;
    dir.chmod(&name("f"), 0o600)?;
    let known = [("the directory", ""), ("sub", "sub"), ("f", "f")]
        .into_iter()
        .map(|(shown, file)| Ok((shown, handle(dir, &name(file))?)))
        .collect::<Result<Vec<_>, Errno>>()?;
    dir.rename(&name("f"), &name("sub/g"))?;
    dir.rename(&name("sub/g"), &name("h"))?;
    dir.unlink(&name("h"))?;
    dir.rmdir(&name("sub"))?;
    dir.record("events", &events(&group, &known)?);
    Ok(true)
}

/// The handle by which fanotify names a file (`AT_HANDLE_FID`).
fn handle(dir: &TestDir, name: &str) -> Result<FileHandle, Errno> {
    const FID: i32 = 0x200;
    FileHandle::of(&dir.c_path(name), FID, 128).0
}

/// The events about known files: the mask, and each record of the event.
fn events(group: &OwnedFd, known: &[(&str, FileHandle)]) -> Result<Vec<String>, Errno> {
    /// `struct fanotify_event_metadata`.
    const EVENT: usize = 24;
    /// `struct fanotify_event_info_fid`, without the handle.
    const RECORD: usize = 12;
    let mut shown = Vec::new();
    let mut space = vec![0; 65_536];
    loop {
        let length = match rustix::io::read(group, &mut space) {
            Err(Errno::AGAIN) => return Ok(shown),
            length => length?,
        };
        let mut rest = &space[..length];
        while rest.len() >= EVENT {
            let length = u32::from_ne_bytes(rest[..4].try_into().expect("four bytes")) as usize;
            let mask = u64::from_ne_bytes(rest[8..16].try_into().expect("eight bytes"));
            let (event, next) = rest.split_at(length);
            rest = next;
            let mut records = &event[EVENT..];
            let mut text = format!("{mask:x}");
            let mut is_known = false;
            while records.len() >= RECORD {
                let length = u16::from_ne_bytes([records[2], records[3]]) as usize;
                let (record, next) = records.split_at(length);
                records = next;
                let kind = NAMES.iter().find(|(kind, _)| *kind == record[0]);
                let kind = kind.map_or("?", |(_, name)| name);
                let Some((handle, name)) = FileHandle::parse(&record[RECORD..]) else {
                    continue;
                };
                let file = known.iter().find(|(_, known)| *known == handle);
                is_known |= file.is_some();
                let file = file.map_or("?", |(name, _)| name);
                let end = name
                    .iter()
                    .position(|byte| *byte == 0)
                    .unwrap_or(name.len());
                text += &format!(", {kind}: {file} {}", name[..end].escape_ascii());
            }
            // A watch of the filesystem also reports what other programs do.
            if is_known {
                shown.push(text.replace(' ', "_"));
            }
        }
    }
}
