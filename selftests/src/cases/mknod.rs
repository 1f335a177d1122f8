// SPDX-License-Identifier: GPL-2.0

//! Special files.

use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;

use rustix::fd::{AsFd, AsRawFd};
use rustix::fs::{FileType, OFlags};
use rustix::io::Errno;

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::{RDONLY, RDWR, WRONLY};
use crate::world::{World, ALICE};

pub(super) const CASE: Case = Case {
    name: "mknod",
    about: "fifos, sockets and devices: made, told apart, and used through the mount",
    risk: "devices, FIFOs and sockets may be out of reach, or open to the wrong users",
    run: Run::Compared(run),
};

const NULL: u64 = 0x103;
const ZERO: u64 = 0x105;

fn run(w: &World) -> Outcome {
    for (name, kind, device) in [
        ("file", FileType::RegularFile, 0),
        ("fifo", FileType::Fifo, 0),
        ("socket", FileType::Socket, 0),
        ("null", FileType::CharacterDevice, NULL),
        ("zero", FileType::CharacterDevice, ZERO),
        ("block", FileType::BlockDevice, 0x1_0000_0abc),
        ("whiteout", FileType::CharacterDevice, 0),
    ] {
        w.mknod(name, kind, 0o646, device)?;
        w.lstat(name)?;
        w.inode_as_below(name)?;
        w.mknod(name, kind, 0o600, device).refused(Errno::EXIST)?;
    }
    w.mknod("directory", FileType::Directory, 0o755, 0)
        .refused(Errno::PERM)?;
    w.as_user(ALICE, || {
        w.mknod("theirs", FileType::CharacterDevice, 0o600, NULL)
    })
    .refused(Errno::ACCESS)?;
    devices(w)?;
    fifo(w)?;
    socket(w)
}

fn devices(w: &World) -> Outcome {
    w.open("zero", RDONLY)
        .and_then(|zero| zero.read(10))
        .either();
    w.open("null", WRONLY)
        .and_then(|null| null.write(b"gone"))
        .either();
    w.open("null", RDONLY)
        .and_then(|null| null.read(10))
        .either();
    w.open("block", RDONLY).either();
    w.open("socket", RDONLY).refused(Errno::NXIO)?;
    Ok(())
}

fn fifo(w: &World) -> Outcome {
    w.open("fifo", WRONLY | OFlags::NONBLOCK)
        .refused(Errno::NXIO)?;
    let both = w.open("fifo", RDWR)?;
    both.write(b"through the fifo")?;
    both.read(64)?;
    both.close()?;
    // A reader and a writer wait for each other.
    let path = w.path("fifo");
    let writer = thread::spawn(move || std::fs::write(path, "from another thread"));
    let reader = w.open("fifo", RDONLY)?;
    reader.read(64)?;
    reader.read(64)?;
    w.note(
        "the writer",
        &writer.join().expect("a write does not panic").is_ok(),
    );
    Ok(())
}

fn socket(w: &World) -> Outcome {
    // A socket's path has room for 107 bytes, and the scratch directory may lie deep.
    let directory = w.open(".", RDONLY)?;
    let path = format!("/proc/self/fd/{}/bound", directory.as_fd().as_raw_fd());
    let errno = |error: io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
    let listener = w.made("bind bound", || UnixListener::bind(&path).map_err(errno))?;
    w.lstat("bound")?;
    w.made("bind bound", || UnixListener::bind(&path).map_err(errno))
        .refused(Errno::ADDRINUSE)?;
    let mut client = w.made("connect bound", || {
        UnixStream::connect(&path).map_err(errno)
    })?;
    let (mut server, _) = w.made("accept", || listener.accept().map_err(errno))?;
    w.step("talk", || {
        client.write_all(b"through the socket").map_err(errno)?;
        let mut heard = vec![0; 18];
        server.read_exact(&mut heard).map_err(errno)?;
        Ok(heard)
    })?;
    drop(listener);
    w.made("connect bound", || {
        UnixStream::connect(&path).map_err(errno)
    })
    .refused(Errno::CONNREFUSED)?;
    w.unlink("bound")?;
    Ok(())
}
