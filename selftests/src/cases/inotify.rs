// SPDX-License-Identifier: GPL-2.0

//! Watches of files and directories.

use std::mem::MaybeUninit;

use rustix::fd::OwnedFd;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::fs::{FallocateFlags, FileType, XattrFlags};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};

use crate::case::{Case, Run};
use crate::ops::{File, CREATE, RDONLY, RDWR};
use crate::outcome::{Expect, Outcome};
use crate::skipped;
use crate::test_dir::{TestDir, ALICE};

pub(super) const CASE: Case = Case {
    name: "inotify",
    about: "watches on the mount report each operation through the mount once",
    risk: "no data is at risk; programs that watch files may miss changes",
    run: Run::Compared(run),
};

fn run(dir: &TestDir) -> Outcome {
    dir.mkdir("d", 0o755)?;
    dir.write_file("d/watched", b"content")?;
    let watcher = match inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC) {
        // The limit fs.inotify.max_user_instances holds for all programs of root.
        Err(Errno::MFILE) => {
            skipped::report("watches", "inotify_init fails with EMFILE");
            dir.record("inotify_init fails with EMFILE", &());
            return Ok(());
        }
        other => other?,
    };
    for name in ["d", "d/watched"] {
        dir.step_opaque(format!("watch {name}"), || {
            inotify::add_watch(&watcher, dir.path(name), WatchFlags::ALL_EVENTS)
        })?;
    }
    files(dir, &watcher)?;
    names(dir, &watcher)?;
    set_id_bits(dir, &watcher)?;
    removals(dir, &watcher)
}

fn files(dir: &TestDir, watcher: &OwnedFd) -> Outcome {
    let record_events = |what: &str| record_events(dir, watcher, what);
    dir.open("d/new", CREATE)?.close()?;
    record_events("a new file")?;
    let file = dir.open("d/watched", RDWR)?;
    file.read(4)?;
    file.write(b"written")?;
    file.pwrite(b"at a position", 100)?;
    file.ftruncate(50)?;
    file.close()?;
    record_events("reading and writing")?;
    dir.read_file("d/watched")?;
    record_events("a whole file read")
}

fn names(dir: &TestDir, watcher: &OwnedFd) -> Outcome {
    let record_events = |what: &str| record_events(dir, watcher, what);
    dir.chmod("d/watched", 0o600)?;
    dir.lchown("d/watched", Some(1), Some(2))?;
    dir.truncate("d/watched", 3)?;
    let attribute = format!("{}x", dir.attributes_of_root());
    dir.setxattr("d/watched", &attribute, b"x", XattrFlags::empty())?;
    dir.link("d/watched", "d/link")?;
    dir.unlink("d/link")?;
    record_events("attributes and links")?;
    dir.mkdir("d/e", 0o755)?;
    dir.symlink("x", "d/s")?;
    dir.mknod("d/fifo", FileType::Fifo, 0o600, 0)?;
    dir.list("d")?;
    record_events("other new names")?;
    dir.rename("d/new", "d/renamed")?;
    dir.rename("d/renamed", "away")?;
    dir.rename("away", "d/fifo")?;
    dir.rmdir("d/e")?;
    dir.unlink("d/s")?;
    record_events("renames and removals")
}

/// Changes of the data by a user, which take the set-id bits of the file.
fn set_id_bits(dir: &TestDir, watcher: &OwnedFd) -> Outcome {
    let change = |what: &str, change: &(dyn Fn(&File<'_, '_>) -> Result<(), Errno> + Sync)| {
        dir.write_file("d/program", b"program")?;
        dir.lchown("d/program", Some(ALICE.uid), Some(ALICE.gid))?;
        dir.chmod("d/program", 0o6777)?;
        let file = dir.open("d/program", RDWR)?;
        record_events(dir, watcher, "a new program")?;
        dir.as_user(ALICE, || change(&file)).compared();
        dir.lstat("d/program")?;
        record_events(dir, watcher, what)?;
        file.close()?;
        dir.unlink("d/program")?;
        record_events(dir, watcher, "its removal")
    };
    change("a write", &|file| file.write(b"changed").map(drop))?;
    change("a write of nothing", &|file| file.write(b"").map(drop))?;
    change("a reservation", &|file| {
        file.fallocate(FallocateFlags::KEEP_SIZE, 0, 10_000)
    })?;
    // Of set-id bits that were set below, the layer may not know before it takes them.
    dir.write_file("d/program", b"program")?;
    let file = dir.open("d/program", RDWR)?;
    dir.below().chmod("d/program", 0o4777)?;
    events(watcher)?;
    file.fchown(None, None)?;
    record_events(dir, watcher, "chown(2) that changes no owner")?;
    file.close()?;
    dir.unlink("d/program")?;
    record_events(dir, watcher, "its removal")?;
    // The layer may have several events for what is one below.
    dir.write_file("d/program", b"program")?;
    dir.lchown("d/program", Some(ALICE.uid), Some(ALICE.gid))?;
    dir.chmod("d/program", 0o6777)?;
    record_events(dir, watcher, "a new program")?;
    dir.as_user(ALICE, || dir.truncate("d/program", 2))?;
    dir.unlink("d/program")?;
    let events = events(watcher)?;
    let masks = events.iter().map(|event| event.mask.bits());
    dir.record(
        "what the events of a truncation say",
        &masks.fold(0, |all, mask| all | mask),
    );
    Ok(())
}

fn removals(dir: &TestDir, watcher: &OwnedFd) -> Outcome {
    let record_events = |what: &str| record_events(dir, watcher, what);
    dir.open("d/watched", RDONLY)?
        .mmap(10, ProtFlags::READ, MapFlags::SHARED)?
        .load(0, 3);
    record_events("a mapping")?;
    dir.unlink("d/watched")?;
    record_events("the end of a watched file")?;
    dir.unlink("d/fifo")?;
    dir.rmdir("d")?;
    record_events("the end of a watched directory")
}

/// An event.
struct Event {
    watch: i32,
    mask: ReadFlags,
    name: String,
}

/// Reads the events since the last call.
fn events(watcher: &OwnedFd) -> Result<Vec<Event>, Errno> {
    let mut space = [MaybeUninit::uninit(); 8_192];
    let mut reader = Reader::new(watcher, &mut space);
    let mut events = Vec::new();
    loop {
        match reader.next() {
            Ok(event) => events.push(Event {
                watch: event.wd(),
                mask: event.events(),
                name: event
                    .file_name()
                    .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            }),
            Err(Errno::AGAIN) => return Ok(events),
            Err(other) => return Err(other),
        }
    }
}

/// Records the events since the last call.
fn record_events(dir: &TestDir, watcher: &OwnedFd, what: &str) -> Outcome {
    let show = |event: &Event| format!("{}:{:x}:{}", event.watch, event.mask.bits(), event.name);
    let events: Vec<String> = events(watcher)?.iter().map(show).collect();
    dir.record(format!("events of {what}"), &events);
    Ok(())
}
