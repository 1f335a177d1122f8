// SPDX-License-Identifier: GPL-2.0

//! Watching for changes.

use std::mem::MaybeUninit;

use rustix::fd::OwnedFd;
use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use rustix::io::Errno;

use crate::case::{Case, Outcome, Run};
use crate::ops::{CREATE, RDONLY, RDWR};
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "inotify",
    about: "watches on the mount tell each operation through the mount, once",
    risk: "no data is at risk; programs that watch files miss changes",
    run: Run::Compared(run),
};

fn run(w: &World) -> Outcome {
    w.mkdir("d", 0o755)?;
    w.write_file("d/watched", b"content")?;
    let watcher = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
    for name in ["d", "d/watched"] {
        w.made(format!("watch {name}"), || {
            inotify::add_watch(&watcher, w.path(name), WatchFlags::ALL_EVENTS)
        })?;
    }
    let told = |what: &str| record(w, &watcher, what);

    w.open("d/new", CREATE)?.close()?;
    told("a new file")?;
    let file = w.open("d/watched", RDWR)?;
    file.read(4)?;
    file.write(b"written")?;
    file.pwrite(b"at a position", 100)?;
    file.ftruncate(50)?;
    file.close()?;
    told("reading and writing")?;
    w.read_file("d/watched")?;
    told("a whole file read")?;
    w.chmod("d/watched", 0o600)?;
    w.lchown("d/watched", Some(1), Some(2))?;
    w.truncate("d/watched", 3)?;
    w.setxattr(
        "d/watched",
        "trusted.x",
        b"x",
        rustix::fs::XattrFlags::empty(),
    )?;
    w.link("d/watched", "d/link")?;
    w.unlink("d/link")?;
    told("attributes and links")?;
    w.mkdir("d/e", 0o755)?;
    w.symlink("x", "d/s")?;
    w.mknod("d/fifo", rustix::fs::FileType::Fifo, 0o600, 0)?;
    w.list("d")?;
    told("other new names")?;
    w.rename("d/new", "d/renamed")?;
    w.rename("d/renamed", "away")?;
    w.rename("away", "d/fifo")?;
    w.rmdir("d/e")?;
    w.unlink("d/s")?;
    told("renames and removals")?;
    w.open("d/watched", RDONLY)?
        .mmap(
            10,
            rustix::mm::ProtFlags::READ,
            rustix::mm::MapFlags::SHARED,
        )?
        .load(0, 3);
    told("a mapping")?;
    w.unlink("d/watched")?;
    told("the end of a watched file")?;
    w.unlink("d/fifo")?;
    w.rmdir("d")?;
    told("the end of a watched directory")
}

/// Records the events since the last time.
fn record(w: &World, watcher: &OwnedFd, what: &str) -> Outcome {
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
    w.note(format!("events of {what}"), &events);
    Ok(())
}
