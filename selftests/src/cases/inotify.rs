// SPDX-License-Identifier: GPL-2.0

//! Watches of files and directories.

use std::mem::MaybeUninit;

use rustix::fd::OwnedFd;
use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use rustix::fs::{FileType, XattrFlags};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};

use crate::case::{Case, Run};
use crate::ops::{CREATE, RDONLY, RDWR};
use crate::outcome::Outcome;
use crate::skipped;
use crate::test_dir::TestDir;

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

/// Records the events since the last call.
fn record_events(dir: &TestDir, watcher: &OwnedFd, what: &str) -> Outcome {
    let mut space = [MaybeUninit::uninit(); 8_192];
    let mut reader = Reader::new(watcher, &mut space);
    let mut events = Vec::new();
    loop {
        match reader.next() {
            Ok(event) => {
                let name = event
                    .file_name()
                    .map_or("", |name| name.to_str().unwrap_or("?"));
                events.push(format!("{}:{:x}:{name}", event.wd(), event.events().bits()));
            }
            Err(Errno::AGAIN) => break,
            Err(other) => return Err(other.into()),
        }
    }
    dir.record(format!("events of {what}"), &events);
    Ok(())
}
